// The request was sent, or needs no sending: nothing to keep.
import { clearDraft } from "./draft.js";

clearDraft();

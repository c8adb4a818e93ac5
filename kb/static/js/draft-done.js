// The request was sent, or needs no sending: nothing to keep.
import { clearDraft } from "./draft.js";

clearDraft();
try { sessionStorage.removeItem("deskbook-chosen-files:/requests"); } catch { /* nothing was kept */ }

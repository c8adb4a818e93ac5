// What an article gains from scripts; without them everything here still works as links and forms.
import "./copy-heading.js";
import "./copy-code.js";
import "./player.js";
import "./toc.js";
import "./vote.js";
import "./questions.js";

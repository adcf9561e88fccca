import "./ago.js";
import "./live.js";
import "./preferences.js";
import "./once.js";
import "./narrow.js";
import "./filters.js";
import "./install.js";
import "./keys.js";

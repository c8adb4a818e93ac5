// Made by `make translations`.
export const plural = (n) => Number((n != 1));
export const words = {
 "%(num)s article may answer this": [
  "%(num)s Artikel hilft vielleicht weiter",
  "%(num)s Artikel helfen vielleicht weiter"
 ],
 "%(num)s article. Use the arrow keys to move and Enter to insert.": [
  "%(num)s Artikel. Mit den Pfeiltasten bewegen, mit Enter einfügen.",
  "%(num)s Artikel. Mit den Pfeiltasten bewegen, mit Enter einfügen."
 ],
 "%(num)s recent search": [
  "%(num)s letzte Suche",
  "%(num)s letzte Suchen"
 ],
 "%(num)s result": [
  "%(num)s Ergebnis",
  "%(num)s Ergebnisse"
 ],
 "Articles could not be searched. Try again.": "Die Artikel konnten nicht durchsucht werden. Versuchen Sie es noch einmal.",
 "Browse the help centre": "Im Hilfe-Center stöbern",
 "Check the spelling, or use fewer or more general words.": "Prüfen Sie die Schreibweise oder verwenden Sie weniger oder allgemeinere Wörter.",
 "Choose this file again, your browser could not keep it: %(names)s": [
  "Wählen Sie diese Datei noch einmal aus, Ihr Browser konnte sie nicht behalten: %(names)s",
  "Wählen Sie diese Dateien noch einmal aus, Ihr Browser konnte sie nicht behalten: %(names)s"
 ],
 "Clear recent searches": "Letzte Suchen löschen",
 "Copied": "Kopiert",
 "Copy": "Kopieren",
 "Copy link": "Link kopieren",
 "Copy this code": "Diesen Code kopieren",
 "Draft saved": "Entwurf gespeichert",
 "Good places to start": "Gute Startpunkte",
 "Link copied": "Link kopiert",
 "No articles found": "Keine Artikel gefunden",
 "No results for “%(query)s”": "Keine Ergebnisse für „%(query)s“",
 "Recent searches": "Letzte Suchen",
 "Remove": "Entfernen",
 "Remove %(name)s": "%(name)s entfernen",
 "Remove (Delete)": "Entfernen (Entf)",
 "Search did not answer. Try the results page, browse by topic, or send us a request": "Die Suche antwortet nicht. Versuchen Sie die Ergebnisseite, stöbern Sie nach Themen oder senden Sie uns eine Anfrage",
 "Search instead for “%(query)s”": "Stattdessen nach „%(query)s“ suchen",
 "Search is limited right now. Some results may be missing": "Die Suche ist gerade eingeschränkt. Einige Ergebnisse fehlen möglicherweise",
 "Search is not working right now. Browse by topic, or send us a request": "Die Suche funktioniert gerade nicht. Stöbern Sie nach Themen oder senden Sie uns eine Anfrage",
 "Search only in %(category)s": "Nur in %(category)s suchen",
 "Searching…": "Suche läuft …",
 "See all results for “%(query)s”": "Alle Ergebnisse für „%(query)s“",
 "Selected": "Markiert",
 "Showing results for “%(query)s”": "Ergebnisse für „%(query)s“",
 "Sign in": "Anmelden",
 "Submit a request": "Anfrage senden",
 "The results may only be related": "Die Ergebnisse passen vielleicht nur ungefähr",
 "These may be related": "Vielleicht hilft Ihnen davon etwas",
 "Too many searches came from your network. Try again in %(num)s second, or browse by topic": [
  "Aus Ihrem Netzwerk kamen zu viele Suchanfragen. Versuchen Sie es in %(num)s Sekunde noch einmal oder stöbern Sie nach Themen",
  "Aus Ihrem Netzwerk kamen zu viele Suchanfragen. Versuchen Sie es in %(num)s Sekunden noch einmal oder stöbern Sie nach Themen"
 ],
 "Uploading…": "Wird hochgeladen …",
 "We may not have an article on this yet": "Dazu haben wir vielleicht noch keinen Artikel",
 "With “%(name)s” the files would be larger than %(most)s MB in total.": "Mit „%(name)s“ wären die Dateien zusammen größer als %(most)s MB.",
 "You are signed out. Not saved: %(what)s. This tab keeps your text and choices, but not files.": "Sie sind abgemeldet. Nicht gespeichert: %(what)s. Dieser Tab behält Ihren Text und Ihre Auswahl, aber keine Dateien.",
 "You seem to be offline. Search again when you are back online": "Sie sind anscheinend offline. Suchen Sie noch einmal, sobald Sie wieder online sind",
 "Your draft could not be saved. Keep this page open.": "Ihr Entwurf konnte nicht gespeichert werden. Lassen Sie diese Seite geöffnet.",
 "Your draft was changed in another tab.": "Ihr Entwurf wurde in einem anderen Tab geändert.",
 "Your files are not uploaded yet. They will be sent with your message.": "Ihre Dateien sind noch nicht hochgeladen. Sie werden mit Ihrer Nachricht gesendet.",
 "with your search included": "mit Ihrer Suche",
 "your message": "Ihre Nachricht",
 "“%(name)s” is empty.": "„%(name)s“ ist leer.",
 "“%(name)s” is larger than %(most)s MB.": "„%(name)s“ ist größer als %(most)s MB.",
 "“%(name)s” would be one file too many.": "„%(name)s“ wäre eine Datei zu viel.",
 "“%(title)s” was inserted.": "„%(title)s“ wurde eingefügt."
};

// The language the page's search box asks in, as a part of an address; nothing on a site with one language.
export function ofLocale() {
  const locale = document.querySelector("[data-search-box] [name=locale]")?.value;
  return locale ? { locale } : {};
}

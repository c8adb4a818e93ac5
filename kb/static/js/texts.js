// Messages in the language of the page. English is the source; another language comes as a module made from its catalog.
const code = document.documentElement.dataset.language;
const { words, plural } = code ? await import(`./texts/${code}.js`).catch(source) : source();

function source() {
  return { words: {}, plural: (n) => Number(n !== 1) };
}

export function _(message, variables = {}) {
  return filled(words[message] ?? message, variables);
}

export function ngettext(singular, other, num, variables = {}) {
  return filled((words[singular] ?? [singular, other])[plural(num)], { num, ...variables });
}

// The parts of a message around one variable, which may be an element: `${before}`, the element, `${after}`.
export function around(message, element) {
  const [before, after = ""] = (words[message] ?? message).split(/%\(\w+\)s/);
  return [before, element, after].filter((part) => part !== "");
}

const filled = (message, variables) => message.replace(/%\((\w+)\)s/g, (_whole, name) => variables[name]);

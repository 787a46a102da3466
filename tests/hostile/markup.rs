//! SVG and HTML as a reader of tags takes them: enough to see that nothing in them is anybody else's.

/// Our own elements. Whatever else were in a page would be there because a payload, a comment or a name was taken for a tag.
const ELEMENTS: [&str; 40] = [
    "!doctype", "a", "article", "body", "button", "circle", "defs", "desc", "div", "g", "h1", "h2", "h3", "head",
    "html", "li", "line", "main", "meta", "nav", "ol", "p", "path", "polygon", "polyline", "rect", "script", "section",
    "span", "style", "svg", "table", "tbody", "td", "text", "th", "thead", "title", "tr", "tspan",
];
/// Elements without an end.
const VOID: [&str; 2] = ["!doctype", "meta"];
/// The only script that may run.
const SCRIPT: &str = include_str!("../../src/sink/picture/html/page.js");

/// That every tag is one of ours, closed in its order, with no attribute that runs or loads anything; and every ampersand an
/// entity.
pub(crate) fn inert(text: &str) -> Result<(), String> {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some((words, after)) = rest.split_once('<') {
        entities(words)?;
        let (tag, after) = after.split_once('>').ok_or("a tag does not end")?;
        rest = after;
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
        if !ELEMENTS.contains(&name.to_ascii_lowercase().as_str()) {
            return Err(format!("the element {name:?} is none of ours"));
        }
        if tag.starts_with('/') {
            (open.pop() == Some(name)).then_some(()).ok_or_else(|| format!("{name} ends, but was not open"))?;
            continue;
        }
        attributes(tag)?;
        if matches!(name, "script" | "style") {
            rest = raw(name, rest)?;
        } else if !tag.ends_with('/') && !VOID.contains(&name.to_ascii_lowercase().as_str()) {
            open.push(name);
        }
    }
    entities(rest)?;
    open.pop().map_or(Ok(()), |name| Err(format!("{name} does not end")))
}

/// Passes over a script or a style sheet, which must be ours.
fn raw<'a>(name: &str, text: &'a str) -> Result<&'a str, String> {
    let (inner, rest) = text.split_once(&format!("</{name}>")).ok_or_else(|| format!("{name} does not end"))?;
    let is_ours = if name == "script" { inner.trim() == SCRIPT.trim() } else { !inner.contains("url(") };
    is_ours.then_some(rest).ok_or_else(|| format!("a {name} of somebody else: {inner}"))
}

fn attributes(tag: &str) -> Result<(), String> {
    let is_within = |place: usize| tag[..place].matches('"').count() % 2 == 1;
    for (place, _) in tag.match_indices('=').filter(|(place, _)| !is_within(*place)) {
        let name = tag[..place].rsplit(' ').next().unwrap_or_default().to_ascii_lowercase();
        // A place on the same page.
        if name == "href" && tag[place..].starts_with("=\"#k") {
            continue;
        }
        if name.starts_with("on") || matches!(&*name, "href" | "src" | "xlink:href" | "srcdoc" | "action" | "style") {
            return Err(format!("<{tag}> has the attribute {name}"));
        }
    }
    Ok(())
}

fn entities(words: &str) -> Result<(), String> {
    let is_entity = |after: &str| {
        let name = after.split(';').next().unwrap_or_default();
        name.len() < after.len()
            && (1..=8).contains(&name.len())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '#')
    };
    let wrong = words.match_indices('&').find(|(place, _)| !is_entity(&words[place + 1..]));
    wrong.map_or(Ok(()), |_| Err(format!("an ampersand that is no entity in {words:?}")))
}

#[test]
fn what_is_not_inert_is_found() {
    for text in [
        "<p><img></p>",
        "<p>&</p>",
        "<p onclick=\"x\"></p>",
        "<g href=\"x\"></g>",
        "<script>alert(1)</script>",
        "<p><g></p></g>",
        "<p>",
        "<p",
    ] {
        assert!(inert(text).is_err(), "{text}");
    }
    assert_eq!(inert("<p class=\"a\">1 &lt; 2 &#35; <meta x=\"y\"><g/></p>"), Ok(()));
}

"""Has Mermaid, in headless Chromium, parse diagrams, and draw those that are asked for.

mermaid.py MERMAID.JS FOLDER [NAME TEXT]...: parses every .mmd in FOLDER; of each NAME.mmd the drawing has to show TEXT.
"""
import html, json, pathlib, sys
from browser import Browser, equal


def main():
    script, folder, shown = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]), sys.argv[3:]
    page = folder / 'page.html'
    page.write_text(f'<!doctype html><meta charset=utf-8><title>mermaid</title><script src="{html.escape(script.as_uri())}"></script>')
    browser = Browser()
    try:
        browser.open(page)
        browser.value("mermaid.initialize({startOnLoad: false, securityLevel: 'loose', maxTextSize: 1e7, maxEdges: 1e5})")

        def told(expression):
            browser.value(f"window.told = undefined; ({expression}).then(it => told = it, error => told = 'wrong: ' + error)")
            browser.until("typeof told !== 'undefined'", True)
            return browser.value('told')

        count = 0
        for file in sorted(folder.glob('*.mmd')):
            kind = told(f'mermaid.parse({json.dumps(file.read_text())}).then(it => it.diagramType)')
            assert kind == 'sequence', f'{file.name}: {kind}'
            count += 1
        assert told("mermaid.parse('sequenceDiagram\\n c->>s')").startswith('wrong: '), 'what is wrong is told'
        for name, text in zip(shown[::2], shown[1::2]):
            diagram = json.dumps((folder / f'{name}.mmd').read_text())
            browser.value("document.body.innerHTML = '<div id=place></div>'")
            drawn = told(f"mermaid.render('drawing', {diagram}).then(it => (place.innerHTML = it.svg, 'drawn'))")
            equal(drawn, 'drawn')
            texts = browser.value("[...place.querySelectorAll('text')].map(one => one.textContent).join('\\n')")
            assert text in texts, f'{name}: {text!r} is not in {texts!r}'
            equal(browser.value("document.querySelectorAll('script').length"), 1)
            equal(browser.value("typeof window.broken"), 'undefined')
        print(f'{count} parsed')
    finally:
        browser.process.kill()
        browser.process.wait()


main()

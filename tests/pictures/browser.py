"""Opens a page in headless Chromium, and does what a reader would; speaks the DevTools protocol over two pipes.

browser.py PAGE [FOLDER]: fails with what is wrong. With FOLDER, screenshots in light, dark and print are left there.
"""
import base64, json, os, pathlib, subprocess, sys, tempfile, time


class Browser:
    def __init__(self):
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        to_browser, from_us = os.pipe()
        from_browser, to_us = os.pipe()
        def place():
            # Both are moved out of the way first: one may be where the other is to be.
            low, high = os.dup2(to_browser, 20), os.dup2(to_us, 21)
            os.dup2(low, 3), os.dup2(high, 4)
        options = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run',
                   '--remote-debugging-pipe', '--disable-background-networking', '--window-size=1300,1000',
                   f'--user-data-dir={self.profile.name}']
        self.process = subprocess.Popen(['chromium', *options, 'about:blank'], close_fds=False, preexec_fn=place,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser), os.close(to_us)
        self.out, self.input = os.fdopen(from_us, 'wb', 0), os.fdopen(from_browser, 'rb', 0)
        self.number, self.rest, self.session, self.events = 0, b'', None, []

    def message(self):
        while b'\0' not in self.rest:
            octets = self.input.read(65536)
            if not octets:
                raise SystemExit('the browser is gone')
            self.rest += octets
        whole, self.rest = self.rest.split(b'\0', 1)
        return json.loads(whole)

    def call(self, method, **params):
        self.number += 1
        call = {'id': self.number, 'method': method, 'params': params}
        if self.session:
            call['sessionId'] = self.session
        self.out.write(json.dumps(call).encode() + b'\0')
        while True:
            answer = self.message()
            if answer.get('id') == self.number:
                assert 'error' not in answer, answer
                return answer['result']
            self.events.append(answer)

    def open(self, page):
        target = self.call('Target.createTarget', url='about:blank')['targetId']
        self.session = self.call('Target.attachToTarget', targetId=target, flatten=True)['sessionId']
        for domain in ['Page', 'Runtime', 'Log', 'Network']:
            self.call(domain + '.enable')
        self.call('Page.navigate', url=pathlib.Path(page).resolve().as_uri())
        self.until('document.readyState', 'complete')

    def value(self, expression):
        result = self.call('Runtime.evaluate', expression=expression, returnByValue=True)
        assert 'exceptionDetails' not in result, result
        return result['result'].get('value')

    def until(self, expression, wanted):
        for _ in range(300):
            value = self.value(expression)
            if value == wanted:
                return
            time.sleep(0.05)
        raise SystemExit(f'{expression} is {value!r}, not {wanted!r}')

    def key(self, key):
        for kind in ['keyDown', 'keyUp']:
            self.call('Input.dispatchKeyEvent', type=kind, key=key)

    def picture(self, path, **media):
        self.call('Emulation.setEmulatedMedia', **media)
        octets = self.call('Page.captureScreenshot')['data']
        pathlib.Path(path).write_bytes(base64.b64decode(octets))


def equal(value, wanted):
    assert value == wanted, f'{value!r}, not {wanted!r}'


def steps(browser):
    where = "document.getElementById('where').textContent"
    count = int(browser.value(where).split()[0])
    assert count > 2, count
    click = lambda name: browser.value(f"document.getElementById('{name}').click()")
    shown = "[...document.querySelectorAll('article.shown')].map(one => one.id).join()"
    clipped = "document.querySelector('section:not([hidden]) svg').style.clipPath !== ''"
    equal(browser.value(clipped), False)
    click('next')
    equal(browser.value(where), f'step 0 of {count}')
    equal(browser.value(clipped), True)
    click('next')
    equal(browser.value(shown), 'k1t1')
    browser.key('ArrowRight')
    equal(browser.value(shown), 'k1t2')
    equal(browser.value("document.querySelectorAll('#k1s2.on').length"), 1)
    browser.key('ArrowLeft')
    equal(browser.value(where), f'step 1 of {count}')
    browser.key('End')
    equal(browser.value(where), f'step {count} of {count}')
    equal(browser.value(clipped), False)
    browser.key('Home')
    click('play')
    equal(browser.value("document.getElementById('play').textContent"), 'Pause')
    browser.until(where, f'step 2 of {count}')
    click('play')
    equal(browser.value("document.getElementById('play').textContent"), 'Play')
    click('whole')
    browser.value("document.getElementById('k1s3').dispatchEvent(new PointerEvent('pointerenter'))")
    equal(browser.value(shown), 'k1t3')


def connections(browser):
    count = browser.value("document.querySelectorAll('section').length")
    visible = "[...document.querySelectorAll('section')].filter(one => one.getClientRects().length).map(one => one.id).join()"
    equal(browser.value(visible), 'k1')
    if count > 1:
        browser.value("document.querySelectorAll('nav a')[1].click()")
        equal(browser.value(visible), 'k2')
        browser.value("document.querySelectorAll('nav a')[0].click()")
    browser.call('Emulation.setEmulatedMedia', media='print')
    equal(browser.value(visible), ','.join(f'k{number + 1}' for number in range(count)))
    browser.call('Emulation.setEmulatedMedia', media='screen')


def phone(browser):
    """On a narrow screen nothing sticks out, and what a step tells is in view beside it."""
    browser.call('Emulation.setDeviceMetricsOverride', width=390, height=844, deviceScaleFactor=2, mobile=True)
    browser.value("document.getElementById('whole').click(), document.getElementById('next').click()")
    browser.value("document.getElementById('next').click()")
    equal(browser.value("document.documentElement.scrollWidth"), 390)
    for element in ["article.shown h3", "#k1s1"]:
        in_view = f"(box => box.top >= 0 && box.bottom <= innerHeight)(document.querySelector('{element}').getBoundingClientRect())"
        browser.until(in_view, True)
    browser.call('Emulation.clearDeviceMetricsOverride')
    browser.value("document.getElementById('whole').click()")


def main():
    browser = Browser()
    try:
        browser.open(sys.argv[1])
        connections(browser)
        steps(browser)
        phone(browser)
        equal(browser.value("document.scripts.length"), 1)
        equal(browser.value("typeof window.broken"), 'undefined')
        if len(sys.argv) > 2:
            for name in ['light', 'dark']:
                scheme = [{'name': 'prefers-color-scheme', 'value': name}]
                browser.picture(f'{sys.argv[2]}/{name}.png', media='screen', features=scheme)
            browser.picture(f'{sys.argv[2]}/print.png', media='print', features=scheme)
        asked = [event['params']['request']['url'] for event in browser.events
                 if event.get('method') == 'Network.requestWillBeSent']
        equal([url for url in asked if not url.startswith('file:')], [])
        wrong = [event for event in browser.events
                 if event.get('method') in ['Runtime.exceptionThrown', 'Log.entryAdded', 'Runtime.consoleAPICalled']]
        equal(wrong, [])
        print('fine')
    finally:
        browser.process.kill()
        browser.process.wait()


if __name__ == '__main__':
    main()

'use strict';
(() => {
  const all = (query, under = document) => [...under.querySelectorAll(query)];
  const button = name => document.getElementById(name);
  const sections = all('section');
  const links = all('nav a');
  let at = 0;
  let step = Infinity;
  let timer = 0;
  document.documentElement.classList.add('js');
  const drawing = () => sections[at].querySelector('svg');
  const stops = () => drawing().dataset.stops.split(' ').map(Number);
  const last = () => stops().length - 1;

  const tell = number => {
    all('.on').forEach(one => one.classList.remove('on'));
    all('article.shown').forEach(one => one.classList.remove('shown'));
    const name = sections[at].id + 's' + number;
    [name, name + 'w'].forEach(id => document.getElementById(id)?.classList.add('on'));
    const told = document.getElementById(sections[at].id + 't' + number);
    told?.classList.add('shown');
    all('.hint', sections[at]).forEach(one => { one.hidden = Boolean(told); });
  };

  const show = () => {
    const heights = stops();
    const whole = step >= heights.length - 1;
    sections.forEach((section, index) => { section.hidden = index !== at; });
    links.forEach((link, index) => index === at ? link.setAttribute('aria-current', 'true') : link.removeAttribute('aria-current'));
    const height = drawing().viewBox.baseVal.height;
    drawing().style.clipPath = whole ? '' : `inset(0 0 ${(100 * (1 - heights[step] / height)).toFixed(3)}% 0)`;
    button('where').textContent = step === Infinity ? `${last()} steps` : `step ${step} of ${last()}`;
    button('back').disabled = step === 0;
    button('next').disabled = step !== Infinity && step >= last();
    button('play').textContent = timer ? 'Pause' : 'Play';
    tell(step === Infinity ? 0 : step);
  };

  const stop = () => { clearInterval(timer); timer = 0; };
  const go = to => {
    step = Math.max(0, Math.min(last(), to));
    if (step === last()) stop();
    show();
    document.getElementById(sections[at].id + 's' + step)?.scrollIntoView({block: 'nearest'});
  };
  const next = () => go(step === Infinity ? 0 : step + 1);
  const back = () => go(step === Infinity ? last() - 1 : step - 1);
  const play = () => {
    if (timer) { stop(); return show(); }
    if (step >= last()) go(0);
    if (last() > 0) timer = setInterval(next, 1500);
    show();
  };
  const choose = index => { stop(); at = index; step = Infinity; show(); };

  button('back').onclick = () => { stop(); back(); };
  button('next').onclick = () => { stop(); next(); };
  button('play').onclick = play;
  button('whole').onclick = () => { stop(); step = Infinity; show(); };
  links.forEach((link, index) => { link.onclick = () => choose(index); });
  sections.forEach((section, index) => all('g.shot', section).forEach(shot => {
    const number = shot.id.match(/s(\d+)w?$/)[1];
    shot.onpointerenter = () => { if (!timer && index === at) tell(number); };
    shot.onclick = () => { stop(); tell(number); };
  }));
  const keys = {ArrowRight: next, ArrowLeft: back, Home: () => go(0), End: () => go(last()), ' ': play};
  document.onkeydown = event => {
    if (event.ctrlKey || event.altKey || event.metaKey || !keys[event.key]) return;
    if (event.key === ' ' && event.target.closest('button, a')) return;
    event.preventDefault();
    if (event.key !== ' ') stop();
    keys[event.key]();
  };
  const named = sections.findIndex(section => '#' + section.id === location.hash);
  choose(Math.max(0, named));
})();

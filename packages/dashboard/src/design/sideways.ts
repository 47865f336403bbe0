import { useEffect, useRef, useState } from 'react';

/**
 * For a row that is wider than a phone: brings what is current into its middle, and tells at which ends there is more.
 *
 * @param current changes when another one is current
 */
export function useSideways(current: string) {
  const row = useRef<HTMLElement>(null);
  const [more, setMore] = useState({ before: false, behind: false });
  useEffect(() => {
    const element = row.current;
    if (element === null) return;
    const here = element.querySelector<HTMLElement>('[aria-current]');
    if (here !== null)
      element.scrollLeft =
        here.offsetLeft - element.offsetLeft - (element.clientWidth - here.offsetWidth) / 2;
    const look = () => {
      const left = element.scrollLeft;
      const rest = element.scrollWidth - element.clientWidth - left;
      // Half a pixel is rounding.
      setMore({ before: left > 1, behind: rest > 1 });
    };
    look();
    element.addEventListener('scroll', look, { passive: true });
    const size = new ResizeObserver(look);
    size.observe(element);
    return () => {
      element.removeEventListener('scroll', look);
      size.disconnect();
    };
  }, [current]);
  return { row, ...more };
}

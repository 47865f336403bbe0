import { useEffect, useRef, useState } from 'react';

/** Of the ends at which there is more. */
const FADES = {
  none: '',
  before: '[mask-image:linear-gradient(90deg,transparent,#000_2.5rem)]',
  behind: '[mask-image:linear-gradient(270deg,transparent,#000_2.5rem)]',
  both: '[mask-image:linear-gradient(90deg,transparent,#000_2.5rem,#000_calc(100%-2.5rem),transparent)]',
};

/**
 * For a row that is wider than a phone: brings what is current into its middle, and fades the ends at which there is more.
 *
 * @param current changes when another one is current
 * @returns where to put the row, and its class
 */
export function useSideways<E extends HTMLElement>(current: string) {
  const row = useRef<E>(null);
  const [more, setMore] = useState({ before: false, behind: false });
  useEffect(() => {
    const element = row.current;
    if (element === null) return;
    const here = element.querySelector<HTMLElement>('[aria-current], [aria-pressed="true"]');
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
  const { before, behind } = more;
  const fade = before && behind ? 'both' : before ? 'before' : behind ? 'behind' : 'none';
  return { row, fade: FADES[fade] };
}

import { useEffect, useLayoutEffect, useState } from 'preact/hooks';

const STORED = 'theme';
const prefersDark = matchMedia('(prefers-color-scheme: dark)');

/** Dark or light: as the system has it until the user chooses. */
export function useTheme() {
  const [chosen, setChosen] = useState(() => localStorage.getItem(STORED));
  const [system, setSystem] = useState(prefersDark.matches ? 'dark' : 'light');
  useEffect(() => {
    /** @param {MediaQueryListEvent} event */
    const follow = ({ matches }) => setSystem(matches ? 'dark' : 'light');
    prefersDark.addEventListener('change', follow);
    return () => prefersDark.removeEventListener('change', follow);
  }, []);
  const theme = chosen ?? system;
  // Before the chart is drawn, which reads the colours of the theme.
  useLayoutEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  const toggle = () => {
    const other = theme === 'dark' ? 'light' : 'dark';
    localStorage.setItem(STORED, other);
    setChosen(other);
  };
  return { theme, toggle };
}

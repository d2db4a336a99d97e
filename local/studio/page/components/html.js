import htm from 'htm';
import { h } from 'preact';

/** Markup as a template; what is interpolated is always text, never markup. */
export const html = htm.bind(h);

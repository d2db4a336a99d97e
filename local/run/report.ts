import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { h } from 'preact';
import { renderToString } from 'preact-render-to-string';
import type { Recipe } from '../../lambda-src/contract/recipe.ts';
import { ReportPage } from './report-page.tsx';
import type { RunResult } from './run-result.ts';

/** Maximum number of pictures in a report. Other photos are listed in a table, so that a report on thousands still opens. */
export const MAX_PREVIEWS = 60;

/** Renders the report on a run, for `report.html` in `folder`: one file that loads nothing and runs no script. */
export function renderReport(run: RunResult, recipe: Recipe, folder: string): string {
  const style = readFileSync(new URL('../ui/style.css', import.meta.url), 'utf8');
  const linkTo = (file: string): string => relative(folder, file).split(sep).map(encodeURIComponent).join('/');
  return `<!doctype html>\n${renderToString(h(ReportPage, { run, recipe, style, policy: policyFor(style), linkTo }))}\n`;
}

/** Returns a policy that allows only the page's own style sheet and embedded pictures. */
function policyFor(style: string): string {
  const digest = createHash('sha256').update(style).digest('base64');
  return `default-src 'none'; img-src data:; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`;
}

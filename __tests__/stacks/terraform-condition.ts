/**
 * Evaluates the condition of a variable's validation the way Terraform does. The conditions are simple enough to run as
 * JavaScript once the Terraform functions that they call are defined; anything else throws.
 */
export function holds(condition: unknown, variable: string, value: unknown): boolean {
  const expression = String(condition).match(/^\$\{(.*)\}$/)?.[1];
  if (expression === undefined) throw new Error(`${String(condition)} is no expression`);
  const names = Object.keys(FUNCTIONS);
  const evaluate = new Function('vars', ...names, `'use strict'; return (${expression.replaceAll(/\bvar\./g, 'vars.')});`);
  const result: unknown = evaluate({ [variable]: value }, ...Object.values(FUNCTIONS));
  if (typeof result !== 'boolean') throw new Error(`${expression} is not true or false`);
  return result;
}

const FUNCTIONS = {
  /** Terraform's `regex` fails without a match and `can` catches that; here `regex` returns a boolean. */
  can: (result: boolean): boolean => result,
  regex: (pattern: string, text: unknown): boolean => new RegExp(pattern).test(String(text)),
  floor: Math.floor,
  join: (separator: string, list: readonly string[]): string => list.join(separator),
  length: (list: readonly unknown[]): number => list.length,
  setsubtract: (list: readonly unknown[], removed: readonly unknown[]): unknown[] => list.filter((item) => !removed.includes(item)),
};

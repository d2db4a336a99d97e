import type { FunctionConfiguration } from '@aws-sdk/client-lambda';

/** Returns what differs between two versions, a line each. Names variables without their values. */
export function differences(from: FunctionConfiguration, to: FunctionConfiguration): string[] {
  const lines = [
    from.CodeSha256 === to.CodeSha256 ? 'same code' : 'different code',
    ...changed('memory', from.MemorySize, to.MemorySize, ' MB'),
    ...changed('timeout', from.Timeout, to.Timeout, ' s'),
    ...changed('runtime', from.Runtime, to.Runtime),
    ...changed('architecture', from.Architectures?.join(), to.Architectures?.join()),
    ...changed('tracing', from.TracingConfig?.Mode, to.TracingConfig?.Mode),
  ];
  const variables = changedVariables(from.Environment?.Variables ?? {}, to.Environment?.Variables ?? {});
  return variables.length === 0 ? lines : [...lines, `different variables: ${variables.join(', ')}`];
}

function changed(name: string, from: string | number | undefined, to: string | number | undefined, unit = ''): string[] {
  return from === to ? [] : [`${name}: ${from}${unit} -> ${to}${unit}`];
}

function changedVariables(from: Readonly<Record<string, string>>, to: Readonly<Record<string, string>>): string[] {
  const names = new Set([...Object.keys(from), ...Object.keys(to)]);
  return [...names].filter((name) => from[name] !== to[name]).toSorted();
}

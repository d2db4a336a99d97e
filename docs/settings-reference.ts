import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { PRESET_NAMES, PRESETS } from '../config/presets.ts';
import { parseSettings } from '../config/settings.ts';
import { settingsShape } from '../config/settings-shape.ts';
import { docComments } from './doc-comments.ts';

/** The JSON Schema of a setting, with what the reference shows besides. */
type Setting = z.core.JSONSchema.BaseSchema & {
  /** What the setting must be, in the words of its error messages. */
  readonly must?: readonly string[];
  /** Number of the zod object; the same for every field that shares it. */
  readonly object?: number;
};

/** One setting of the reference. */
export interface SettingRow {
  /** Such as `recipe.renditions[].width`. */
  readonly path: string;
  readonly type: string;
  readonly default: string;
  readonly meaning: string;
  /** The default in the words of the comment. */
  readonly statedDefault: string | undefined;
}

/** Returns every setting in the order of the schema. Settings of a shared kind, such as alarms, list their fields once. */
export function settingRows(): SettingRow[] {
  const comments = docComments(fileURLToPath(new URL('../config/settings-shape.ts', import.meta.url)), 'settingsShape');
  const listed = new Map<number, string>();
  return fieldsOf(settingsSchema(), '').flatMap((field) => rowsOf(field, comments, listed));
}

interface Field {
  readonly path: string;
  readonly setting: Setting;
  readonly required: boolean;
}

function settingsSchema(): Setting {
  const objects = new Map<unknown, number>();
  return z.toJSONSchema(settingsShape, {
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      const must = (zodSchema._zod.def.checks ?? []).flatMap(({ _zod: { def } }) => {
        const message = def.error?.({ code: 'custom', input: undefined, path: [] } as never);
        return typeof message === 'string' ? [message.replace(/^must be /, '')] : [];
      });
      if (zodSchema._zod.def.type === 'object' && !objects.has(zodSchema)) objects.set(zodSchema, objects.size);
      Object.assign(jsonSchema, must.length === 0 ? {} : { must }, objects.has(zodSchema) ? { object: objects.get(zodSchema) } : {});
    },
  }) as Setting;
}

function fieldsOf({ properties = {}, required = [] }: Setting, path: string): Field[] {
  return Object.entries(properties).map(([name, setting]) => ({
    path: path === '' ? name : `${path}.${name}`,
    setting: setting as Setting,
    required: required.includes(name),
  }));
}

function rowsOf({ path, setting, required }: Field, comments: ReadonlyMap<string, string>, listed: Map<number, string>): SettingRow[] {
  const comment = comments.get(path) ?? '';
  const statedDefault = comment.match(/(?:^|\s)Default:? (.+?)\.(?=\s|$)/)?.[1];
  const alternatives = (setting.anyOf ?? [setting]) as Setting[];
  const object = alternatives.find(({ properties }) => properties !== undefined);
  const items = setting.items as Setting | undefined;
  const sameAs = object?.object === undefined ? undefined : listed.get(object.object);
  if (object?.object !== undefined && sameAs === undefined) listed.set(object.object, path);
  const types = alternatives.map((alternative) =>
    alternative === object && sameAs !== undefined ? `like \`${sameAs}\`` : typeOf(alternative),
  );
  const row = {
    path,
    type: types.join(' or '),
    default: defaultOf(setting, required, statedDefault),
    meaning: comment.replace(/(?:^|\s)Default:? .+?\.(?=\s|$)/, '').trim(),
    statedDefault,
  };
  const inner =
    sameAs === undefined
      ? [...(object === undefined ? [] : fieldsOf(object, path)), ...(items?.properties === undefined ? [] : fieldsOf(items, `${path}[]`))]
      : [];
  return [row, ...inner.flatMap((field) => rowsOf(field, comments, listed))];
}

function typeOf(setting: Setting): string {
  const { type, enum: words, const: word, items, must = [], minItems, maxItems, maxLength, pattern } = setting;
  if (word !== undefined || type === 'null') return `\`${JSON.stringify(word ?? null)}\``;
  if (words !== undefined) return words.map((choice) => `\`${choice}\``).join(', ');
  if (type === 'boolean') return '`true`, `false`';
  if (type === 'integer' || type === 'number')
    return must[0] ?? [type === 'integer' ? 'whole number' : 'number', range(setting)].filter(Boolean).join(', ');
  if (type === 'array') {
    const count = maxItems === undefined ? (minItems === undefined ? '' : `, at least ${minItems}`) : `, at most ${maxItems}`;
    return `list${count}${(items as Setting).properties === undefined ? ` of: ${typeOf(items as Setting)}` : ''}`;
  }
  if (type === 'object') return setting.properties === undefined ? 'names and values' : 'fields below';
  const longest = maxLength === undefined || pattern === undefined ? '' : `, at most ${maxLength} characters`;
  return `${must.join('; ') || 'text'}${longest}`;
}

function range({ minimum, maximum, exclusiveMinimum, multipleOf }: Setting): string {
  const low = minimum ?? (typeof exclusiveMinimum === 'number' ? exclusiveMinimum + 1 : undefined);
  const high = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  const limits = high === undefined ? `at least ${grouped(low ?? 0)}` : `${grouped(low ?? 0)}–${grouped(high)}`;
  return multipleOf === undefined ? limits : `${limits}, multiple of ${multipleOf}`;
}

function defaultOf({ default: value }: Setting, required: boolean, stated: string | undefined): string {
  if (value !== undefined && JSON.stringify(value) !== '{}') {
    const isSame = stated === undefined || stated.replaceAll('`', '') === String(value);
    return `\`${JSON.stringify(value)}\`${isSame ? '' : ` (${stated})`}`;
  }
  return stated ?? (required ? 'required' : '');
}

function grouped(figure: number): string {
  return figure.toLocaleString('en');
}

/** Returns the values that presets set: one row per setting, one column per preset. */
export function presetValues(): { path: string; values: string[] }[] {
  const paths = new Set(PRESET_NAMES.flatMap((preset) => leavesOf(PRESETS[preset]('dev'), '')));
  const order = settingRows().map(({ path }) => path);
  const position = (path: string): number => (order.includes(path) ? order.indexOf(path) : position(path.slice(0, path.lastIndexOf('.'))));
  return [...paths]
    .filter((path) => path !== 'preset')
    .sort((a, b) => position(a) - position(b))
    .map((path) => ({
      path,
      values: PRESET_NAMES.map((preset) => {
        const [disposable, production] = ['dev', 'prod'].map((environmentSuffix) =>
          valueAt(parseSettings({ ...PRESETS[preset](environmentSuffix), environmentSuffix }), path),
        );
        return disposable === production ? (production ?? '') : `${disposable}; prod: ${production}`;
      }),
    }));
}

/** Returns the paths of the values that are neither objects nor lists of objects. */
function leavesOf(value: unknown, path: string): string[] {
  if (Array.isArray(value))
    return value.every((item) => typeof item === 'object') ? value.flatMap((item) => leavesOf(item, `${path}[]`)) : [path];
  if (typeof value !== 'object' || value === null) return value === null ? [] : [path];
  return Object.entries(value).flatMap(([name, inner]) => leavesOf(inner, path === '' ? name : `${path}.${name}`));
}

function valueAt(settings: unknown, path: string): string | undefined {
  const found = path
    .split(/\.|(?=\[\])/)
    .reduce<unknown[]>(
      (values, step) => values.flatMap((value) => (step === '[]' ? value : [Reflect.get(Object(value), step)])),
      [settings],
    );
  const present = found.filter((value) => value !== undefined);
  return present.length === 0 ? undefined : present.map((value) => `\`${JSON.stringify(value)}\``).join(', ');
}

/** Returns docs/settings.md. */
export function settingsPage(): string {
  const rows = settingRows();
  const groups = rows
    .filter(({ path }) => !path.includes('.'))
    .map((group) => ({ group, inner: rows.filter(({ path }) => path.startsWith(`${group.path}.`)) }));
  const alone = groups.filter(({ inner }) => inner.length === 0).map(({ group }) => group);
  const sections = groups.filter(({ inner }) => inner.length > 0);
  return [
    '# Settings',
    '<!-- Written by `npm run settings-reference` from config/settings-shape.ts and the files that it imports. Change the schema, not this page. -->',
    'Every setting of a deployment. [config/presets.ts](../config/presets.ts) has the values of the presets; put yours into [config/deployments.ts](../config/deployments.ts). `npm run synth` and `npm start` check them and name every invalid one, its value and what is allowed. Rules that involve several settings are in [config/settings-rules.ts](../config/settings-rules.ts).',
    '`[]` stands for each entry of a list. Names of resources can contain `{stack}`, `{env}`, `{region}` and `{account}`.',
    '## General',
    table(alone),
    ...sections.flatMap(({ group, inner }) => [
      `## ${group.path}`,
      [group.meaning, group.type.includes('null') ? 'Can be `null`.' : '', group.default && `Default: ${group.default}.`]
        .filter(Boolean)
        .join(' '),
      table(inner),
    ]),
    '## Values of the presets',
    'What each preset sets, and the default where only another preset sets it. Empty: not set.',
    [
      `| setting | ${PRESET_NAMES.join(' | ')} |`,
      `|---|${PRESET_NAMES.map(() => '---|').join('')}`,
      ...presetValues().map(({ path, values }) => `| \`${path}\` | ${values.join(' | ')} |`),
    ].join('\n'),
  ].join('\n\n');
}

function table(rows: readonly SettingRow[]): string {
  const lines = rows.map(({ path, type, default: value, meaning }) =>
    [`\`${path}\``, type, value, meaning].map((cell) => cell.replaceAll('|', '\\|')).join(' | '),
  );
  return ['| setting | allowed | default | meaning |', '|---|---|---|---|', ...lines.map((line) => `| ${line} |`)].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(settingsPage());

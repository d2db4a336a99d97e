import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { PRESET_NAMES } from '../../config/presets.ts';

const FOLDER = '.github/workflows';

const stepSchema = z.looseObject({
  uses: z.string().optional(),
  run: z.string().optional(),
  with: z.record(z.string(), z.unknown()).optional(),
  env: z.record(z.string(), z.string()).optional(),
});
const jobSchema = z.looseObject({
  if: z.string().optional(),
  permissions: z.undefined().optional(),
  'timeout-minutes': z.number().max(60),
  env: z.record(z.string(), z.string()).optional(),
  strategy: z.looseObject({ matrix: z.record(z.string(), z.array(z.string())) }).optional(),
  steps: z.array(stepSchema),
});
const workflowSchema = z.looseObject({
  on: z.record(z.string(), z.unknown()),
  permissions: z.record(z.string(), z.string()),
  concurrency: z.looseObject({ group: z.string() }),
  jobs: z.record(z.string(), jobSchema),
});

function textOf(path: string): string {
  return readFileSync(path, 'utf8');
}

function workflow(name: string): z.infer<typeof workflowSchema> {
  return workflowSchema.parse(parse(textOf(join(FOLDER, name))));
}

function stepsOf(name: string): z.infer<typeof stepSchema>[] {
  return Object.values(workflow(name).jobs).flatMap(({ steps }) => steps);
}

const packageSchema = z.looseObject({
  engines: z.object({ node: z.string() }),
  scripts: z.record(z.string(), z.string()),
  dependencies: z.record(z.string(), z.string()),
  devDependencies: z.record(z.string(), z.string()),
});
const manifest = packageSchema.parse(JSON.parse(textOf('package.json')));

function npmScriptsIn(text: string): string[] {
  return [...text.matchAll(/npm (?:run (?:--silent )?)?([\w:-]+)/g)].map(([, script = '']) => script).filter((script) => script !== 'ci');
}

describe.each(readdirSync(FOLDER))('the workflow %s', (name) => {
  test('has read access to the repository and no other permission', () => {
    expect(workflow(name).permissions).toEqual({ contents: 'read' });
  });

  test('never runs the code of a fork with the permissions of this repository', () => {
    expect(Object.keys(workflow(name).on).filter((event) => !['pull_request', 'push'].includes(event))).toEqual([]);
  });

  test('pins every action to a commit and notes its version', () => {
    const uses = textOf(join(FOLDER, name)).match(/uses: .*/g) ?? [];

    expect(uses.length).toBeGreaterThan(0);
    expect(uses.filter((line) => !/^uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([]);
  });

  test('leaves no token in the clone', () => {
    const checkouts = stepsOf(name).filter(({ uses }) => uses?.startsWith('actions/checkout@'));

    expect(new Set(checkouts.map((step) => step.with?.['persist-credentials']))).toEqual(new Set([false]));
  });

  test('uses no expression in a shell command, where a title or a branch name could inject code', () => {
    expect(stepsOf(name).filter(({ run }) => run?.includes('${{'))).toEqual([]);
  });

  test('runs scripts that exist', () => {
    const commands = stepsOf(name).flatMap(({ run }) => run ?? []);

    expect(commands.length).toBeGreaterThan(0);
    for (const script of npmScriptsIn(commands.join('\n'))) expect(Object.keys(manifest.scripts)).toContain(script);
    for (const command of commands.filter((text) => text.startsWith('.'))) accessSync(command, constants.X_OK);
  });

  test('reads the versions of Node and Terraform from existing files', () => {
    const text = textOf(join(FOLDER, name));

    expect(text).toContain('node-version-file: .nvmrc');
    expect(text).toContain('cat .terraform-version');
    expect(['.nvmrc', '.terraform-version'].filter((file) => !existsSync(file))).toEqual([]);
  });
});

describe('check.yml', () => {
  test('runs .ci/run', () => {
    expect(stepsOf('check.yml').map(({ run }) => run)).toContain('.ci/run');
  });

  test('tests the oldest Node that package.json allows, too', () => {
    const versions = stepsOf('check.yml').map((step) => step.with?.['node-version']);

    expect(versions).toContain(manifest.engines.node.replace('>=', ''));
  });
});

describe('plan.yml', () => {
  const job = workflow('plan.yml').jobs.plan;

  test('plans every preset', () => {
    expect(job?.strategy?.matrix.preset).toEqual([...PRESET_NAMES]);
  });

  test('runs only if an organization is set and the secret is available', () => {
    expect(job?.if).toContain("vars.TF_CLOUD_ORGANIZATION != ''");
    expect(job?.if).toContain('github.event.pull_request.head.repo.full_name == github.repository');
    expect(job?.if).toContain("github.actor != 'dependabot[bot]'");
  });

  test('passes the secret only to the step that plans', () => {
    const withSecret = stepsOf('plan.yml').filter((step) => JSON.stringify(step).includes('secrets.'));

    expect(withSecret.map(({ name }) => name)).toEqual(['Plan']);
    expect(JSON.stringify({ ...job, steps: [] })).not.toContain('secrets.');
  });

  test('cannot apply', () => {
    expect(textOf(join(FOLDER, 'plan.yml'))).not.toMatch(/terraform .*apply|auto-approve|cdktf deploy/);
  });
});

describe('.ci/run', () => {
  const text = textOf('.ci/run');

  test('runs npm scripts that exist', () => {
    expect(npmScriptsIn(text).filter((script) => !(script in manifest.scripts))).toEqual([]);
  });

  test('runs everything in `npm run check`', () => {
    const inner = (script: string): string[] => {
      const names = npmScriptsIn(manifest.scripts[script] ?? '');
      return names.length === 0 ? [script] : names.flatMap(inner);
    };

    expect(inner('check')).toEqual(['lint', 'unused', 'types', 'test', 'test:processes']);
    expect(inner('check').filter((script) => !npmScriptsIn(text).includes(script))).toEqual([]);
  });
});

describe('the pre-commit hook', () => {
  test('runs a script that exists', () => {
    const [script = ''] = npmScriptsIn(textOf('.githooks/pre-commit'));
    expect(Object.keys(manifest.scripts)).toContain(script);
  });
});

describe('dependabot.yml', () => {
  const ignoreSchema = z.looseObject({ 'dependency-name': z.string() });
  const updates = z.array(z.looseObject({ 'package-ecosystem': z.string(), ignore: z.array(ignoreSchema).default([]) }));
  const { updates: ecosystems } = z.looseObject({ updates }).parse(parse(textOf('.github/dependabot.yml')));

  test('updates npm packages and GitHub actions', () => {
    expect(ecosystems.map((ecosystem) => ecosystem['package-ecosystem'])).toEqual(['npm', 'github-actions']);
  });

  test('ignores only existing dependencies', () => {
    const ignored = ecosystems.flatMap(({ ignore }) => ignore.map((entry) => entry['dependency-name']));

    expect(ignored.filter((name) => !(name in { ...manifest.dependencies, ...manifest.devDependencies }))).toEqual([]);
  });
});

describe.each(['bug.yml', 'feature.yml'])('the issue form %s', (name) => {
  const field = z.strictObject({
    type: z.enum(['textarea', 'input', 'dropdown', 'markdown']),
    id: z.string().regex(/^[a-z]+$/),
    attributes: z.strictObject({ label: z.string(), description: z.string().optional() }),
    validations: z.strictObject({ required: z.boolean() }).optional(),
  });
  const form = z.strictObject({
    name: z.string(),
    description: z.string(),
    labels: z.array(z.string()),
    body: z.array(field).max(5),
  });

  test('is valid and has a required field', () => {
    const { body } = form.parse(parse(textOf(join('.github/ISSUE_TEMPLATE', name))));

    expect(body.some(({ validations }) => validations?.required)).toBe(true);
  });

  test('names npm scripts that exist', () => {
    const scripts = npmScriptsIn(textOf(join('.github/ISSUE_TEMPLATE', name)));

    expect(scripts.filter((script) => !(script in manifest.scripts))).toEqual([]);
  });
});

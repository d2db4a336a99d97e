import { Testing } from 'cdktf';
import { z } from 'zod';
import { PRESETS, type PresetName } from '../config/presets.ts';
import { parseSettings, stackId } from '../config/settings.ts';
import { ImagePipelineStack } from '../stacks/image-pipeline-stack.ts';

const attributes = z.record(z.string(), z.unknown());

const stackSchema = z.object({
  provider: z.object({ aws: z.tuple([z.object({ region: z.string() })]) }),
  variable: z.record(z.string(), z.object({ default: z.unknown().optional() })),
  resource: z.record(z.string(), z.record(z.string(), attributes)),
});

/** One resource, with its attributes as Terraform reads them. */
export interface Resource {
  readonly type: string;
  /** Such as `aws_s3_bucket.uploads`. */
  readonly address: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** The Terraform JSON of one stack, and what a drawing asks of it. */
export class StackJson {
  readonly region: string;
  readonly resources: readonly Resource[];
  readonly #defaults: ReadonlyMap<string, unknown>;

  /** @param text what stands in `cdk.tf.json` */
  constructor(text: string) {
    const { provider, variable, resource } = stackSchema.parse(JSON.parse(text));
    this.region = provider.aws[0].region;
    this.resources = Object.entries(resource).flatMap(([type, labelled]) =>
      Object.entries(labelled)
        // As many as the operator names, which is none by default.
        .filter(([, found]) => !('for_each' in found))
        .map(([label, found]) => ({ type, address: `${type}.${label}`, attributes: found })),
    );
    this.#defaults = new Map(Object.entries(variable).map(([name, { default: value }]) => [name, value]));
  }

  /** The resources of a type, or those of them that name another resource. */
  of(type: string, about?: string): Resource[] {
    return this.resources.filter((found) => found.type === type && (about === undefined || this.referencesOf(found).includes(about)));
  }

  /** Addresses of the resources that an attribute, or a whole resource, names. */
  referencesOf(value: unknown): string[] {
    return [...new Set(JSON.stringify(value).match(/aws_\w+\.\w+(?=\.\w)/g) ?? [])];
  }

  /** The one resource that an expression names. */
  oneIn(value: unknown): string {
    const [found, ...more] = this.referencesOf(value);
    if (found === undefined || more.length > 0) throw new Error(`diagram expects one resource in ${JSON.stringify(value)}`);
    return found;
  }

  /** An expression as people read it: variables have their defaults, and the account is `{account}`. */
  read(value: unknown): string {
    return String(value)
      .replaceAll(/\$\{data\.aws_caller_identity\.\w+\.account_id\}/g, '{account}')
      .replaceAll(/\$\{coalesce\(var\.\w+, "([^"]+)"\)\}/g, '$1')
      .replaceAll(/\$\{var\.(\w+)\}/g, (_, name: string) => String(this.#defaults.get(name)));
  }

  /** The names of the variables in an expression. */
  variablesIn(value: unknown): string[] {
    return [...JSON.stringify(value).matchAll(/var\.(\w+)/g)].map(([, name = '']) => name);
  }

  /** What a variable is when nobody sets it. */
  defaultOf(variable: string): unknown {
    return this.#defaults.get(variable);
  }
}

/** Synthesizes a preset as it is shipped, without the overrides of a deployment of your own. */
export function synthesizedPreset(preset: PresetName): StackJson {
  const settings = parseSettings({ ...PRESETS[preset]('dev'), environmentSuffix: 'dev', architecture: 'arm64' });
  return new StackJson(Testing.synth(new ImagePipelineStack(Testing.app(), stackId(settings), settings)));
}

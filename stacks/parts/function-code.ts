import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { Fn, TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import type { PipelineSettings } from '../../config/settings.ts';
import { beforeSynthesis } from '../before-synthesis.ts';

/** The function has not been packaged; the message gives the command. */
export class MissingPackageError extends Error {
  readonly code = 'MISSING_PACKAGE';
  override readonly name = 'MissingPackageError';
}

/**
 * The zip of the handler, built by `npm run package`. Synthesis copies it beside the stack's JSON, which refers to it by a relative
 * path, so the folder can be moved, uploaded and planned elsewhere. (TerraformAsset requires the zip when the construct is
 * created and puts a digest into the path; here Terraform computes the digest itself.)
 */
export class FunctionCode extends Construct {
  /** Where Terraform finds the zip, relative to the stack's JSON. */
  readonly path: string;
  /** Digest of the zip. */
  readonly hash: string;

  constructor(scope: Construct, id: string, { architecture, heic }: Pick<PipelineSettings, 'architecture' | 'heic'>) {
    super(scope, id);
    const file = `image-processor-${architecture}${heic ? '-heic' : ''}.zip`;
    this.path = `assets/${file}`;
    this.hash = Fn.filebase64sha256(this.path);
    const source = resolve('dist', file);
    beforeSynthesis(TerraformStack.of(this), (stackFolder) => stage(source, join(stackFolder, this.path), { architecture, heic }));
  }
}

function stage(source: string, target: string, { architecture, heic }: Pick<PipelineSettings, 'architecture' | 'heic'>): void {
  if (!existsSync(source)) {
    throw new MissingPackageError(
      `dist/${basename(source)} does not exist, so there is no code to deploy. Build it with: npm run package -- --architecture ${architecture}${heic ? ' --heic' : ''}`,
    );
  }
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(source, target);
}

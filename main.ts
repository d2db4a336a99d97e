import { App } from 'cdktf';
import { deploymentsFrom } from './config/deployments.ts';
import { SettingsError, stackId } from './config/settings.ts';
import { stateLocationFrom } from './config/state.ts';
import { ImagePipelineStack } from './stacks/image-pipeline-stack.ts';
import { MissingPackageError } from './stacks/parts/function-code.ts';

try {
  const deployments = deploymentsFrom(process.env);
  const state = stateLocationFrom(process.env);
  const app = new App();
  for (const settings of deployments) {
    new ImagePipelineStack(app, stackId(settings), settings, state);
  }
  app.synth();
} catch (error) {
  if (!(error instanceof SettingsError || error instanceof MissingPackageError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

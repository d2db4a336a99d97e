import { devNull } from 'node:os';

/** User variables that would direct the SDK, Terraform or the synthesis away from the emulated AWS and this run's folder. */
const USER_SETTINGS = /^(AWS_|TF_VAR_|TF_CLI_ARGS|TF_CLOUD_|TF_STATE_|TF_WORKSPACE|TF_DATA_DIR|TF_LOG|CDKTF_|PRESETS$|NODE_OPTIONS$)/;

/** Returns this process's environment without the user's accounts and preferences, so that no call can reach a real account. */
export function hermeticEnvironment(additions: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !USER_SETTINGS.test(name))),
    AWS_ACCESS_KEY_ID: 'emulated',
    AWS_SECRET_ACCESS_KEY: 'emulated',
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    // Disable update checks of Terraform and cdktf.
    CHECKPOINT_DISABLE: 'true',
    TF_IN_AUTOMATION: 'true',
    // Terraform and its provider start about forty times and spend a third of their time on garbage collection.
    GOGC: '300',
    ...additions,
  };
}

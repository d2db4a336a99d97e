import { devNull } from 'node:os';

/** What would lead the SDK, Terraform or the synthesis away from the emulated AWS and this run's folder, should the user have set it. */
const USER_SETTINGS = /^(AWS_|TF_VAR_|TF_CLI_ARGS|TF_CLOUD_|TF_STATE_|TF_WORKSPACE|TF_DATA_DIR|TF_LOG|CDKTF_|PRESETS$|NODE_OPTIONS$)/;

/** This process's environment without the user's accounts and preferences, so that no call can reach a real account. */
export function hermeticEnvironment(additions: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !USER_SETTINGS.test(name))),
    AWS_ACCESS_KEY_ID: 'emulated',
    AWS_SECRET_ACCESS_KEY: 'emulated',
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    // Neither Terraform nor cdktf has to ask for news.
    CHECKPOINT_DISABLE: 'true',
    TF_IN_AUTOMATION: 'true',
    // Terraform and its provider are started some forty times, and spend a third of their time on collecting garbage.
    GOGC: '300',
    ...additions,
  };
}

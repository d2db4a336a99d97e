// The SDK warns on Node 20 in every test process; the lock file holds a version that works on 20.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

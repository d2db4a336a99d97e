import { useState } from 'preact/hooks';
import { post } from './server.ts';

/** Sends commands to the studio. `problem` is why the last one failed, or empty. */
export function useCommand() {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const send = async (path: string) => {
    setBusy(true);
    setProblem('');
    await post(path).catch(({ message }) => setProblem(message));
    setBusy(false);
  };
  return { isBusy, problem, send };
}

/** A button that sends a command, and is disabled until it is done. */
export function CommandButton({ path, label, busyLabel = label }: { path: string; label: string; busyLabel?: string }) {
  const { isBusy, problem, send } = useCommand();
  return (
    <>
      <button type="button" disabled={isBusy} onClick={() => send(path)}>
        {isBusy ? busyLabel : label}
      </button>
      {problem && <p role="alert">{problem}</p>}
    </>
  );
}

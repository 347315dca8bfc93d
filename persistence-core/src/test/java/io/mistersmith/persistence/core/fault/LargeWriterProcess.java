package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.SaveOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintStream;

/**
 * A process that writes large values to a few keys until it is killed, two at a time. Each
 * acknowledgement is a line {@code key epoch sequence number;}.
 */
final class LargeWriterProcess {

  /** How many keys each of its threads writes. */
  static final int KEYS = 3;

  private LargeWriterProcess() {}

  /** Arguments: the installation's four, the agent's id, the first number, and the largest size. */
  public static void main(String[] args) throws IOException, InterruptedException {
    PrintStream out = System.out;
    System.setOut(System.err); // what is logged must not mix with the acknowledgements
    Installation installation = new Installation(args[0], args[1], args[2], args[3]);
    AgentId agent = AgentId.parse(args[4]);
    long first = Long.parseLong(args[5]);
    int most = Integer.parseInt(args[6]);
    try (Persistence persistence = installation.open()) {
      out.println("ready");
      if (System.in.read() < 0) {
        return;
      }
      Thread other = new Thread(() -> write(persistence, agent, 1, first, most, out));
      other.start();
      write(persistence, agent, 0, first, most, out);
      other.join();
    }
  }

  private static void write(
      Persistence persistence, AgentId agent, int thread, long first, int most, PrintStream out) {
    for (long number = first; ; number++) {
      StateKey key = StateKey.of(agent, "t" + thread + "." + number % KEYS);
      byte[] bytes = LargeContents.of(number, most);
      try {
        Revision.OfJournal at =
            (Revision.OfJournal)
                persistence
                    .largeValues()
                    .write(key, new ByteArrayInputStream(bytes), SaveOptions.unconditional())
                    .revision();
        out.println(key.key() + " " + at.epoch() + " " + at.sequence() + " " + number + ";");
      } catch (PersistenceException | IOException e) {
        System.err.println("failed: " + e.getMessage());
      }
    }
  }
}

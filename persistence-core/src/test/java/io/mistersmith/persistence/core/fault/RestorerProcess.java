package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.checkpoint.Checkpoints.Restored;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.UUID;

/**
 * A process that restores a checkpoint on request, with 2 ms before each write, so that it can be
 * killed half way.
 */
final class RestorerProcess {

  private RestorerProcess() {}

  /** Arguments: the installation's four, and the checkpoint's id. */
  public static void main(String[] args) throws IOException {
    PrintStream out =
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    System.setOut(System.err); // what is logged must not mix with what is said
    Installation installation = new Installation(args[0], args[1], args[2], args[3]);
    Faults faults = new Faults(1);
    try (Persistence persistence =
        Persistence.open(
            installation.config(), new FaultyStores(new AlwaysLeading(() -> {}), faults))) {
      out.println("ready");
      if (System.in.read() < 0) {
        return;
      }
      faults.on(Call.PUBLISH).latency(Duration.ofMillis(2), Duration.ofMillis(2));
      Restored restored =
          persistence.checkpoints().restore(UUID.fromString(args[4]), Duration.ofMinutes(1));
      out.println("restored " + restored.written());
    }
  }
}

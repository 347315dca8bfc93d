package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.agent.Hydration;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * A process that hydrates an agent on request, with a pause before each entry, so that it can be
 * killed half way.
 */
final class HydratorProcess {

  private HydratorProcess() {}

  /** Arguments: the installation's four, the agent, and the milliseconds before each entry. */
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
      Duration pause = Duration.ofMillis(Long.parseLong(args[5]));
      faults.on(Call.PUBLISH).latency(pause, pause);
      Hydration hydration = persistence.lifecycle().hydrate(AgentId.parse(args[4]));
      out.println(hydration.keys() + " " + hydration.brought());
    }
  }
}

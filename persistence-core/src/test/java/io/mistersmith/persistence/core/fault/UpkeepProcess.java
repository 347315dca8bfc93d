package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.event.MonitoringEvent.JobRan;
import io.mistersmith.persistence.event.PersistenceListener;
import java.io.IOException;
import java.io.PrintStream;

/** A process that is open until it is killed, and prints the name of each job that it has run. */
final class UpkeepProcess {

  /** The name of its runtime. */
  static final String NAME = "killed";

  private UpkeepProcess() {}

  /** Arguments: the installation's four. */
  public static void main(String[] args) throws IOException {
    PrintStream out = System.out;
    System.setOut(System.err);
    Installation installation = new Installation(args[0], args[1], args[2], args[3]);
    try (Persistence persistence =
        Persistence.open(
            installation.config().toBuilder()
                .runtimeName(NAME)
                .listener(
                    PersistenceListener.of(JobRan.class, event -> out.println(event.run().job())))
                .build())) {
      out.println("open " + persistence.operations().upkeep().jobs().size());
      int unused = System.in.read();
    }
  }
}

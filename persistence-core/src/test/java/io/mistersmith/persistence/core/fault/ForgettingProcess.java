package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.core.RealStores;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import io.mistersmith.persistence.testkit.fault.Gate;
import java.io.PrintStream;
import java.time.Duration;

/**
 * A process that forgets an agent and stops at a call into the stores, where it prints {@code at}
 * and waits to be killed. Where there is no such call it prints {@code done}.
 */
final class ForgettingProcess {

  private static final Duration LOOK = Duration.ofMillis(100);

  private ForgettingProcess() {}

  /** Arguments: the installation's four, the agent, the kind of call and the number of the call. */
  public static void main(String[] args) throws InterruptedException {
    PrintStream out = System.out;
    System.setOut(System.err);
    Installation installation = new Installation(args[0], args[1], args[2], args[3]);
    AgentId agent = AgentId.parse(args[4]);
    Faults faults = new Faults(1);
    try (Persistence persistence =
        Persistence.open(installation.config(), new FaultyStores(RealStores.provider(), faults))) {
      Thread forgetting = new Thread(() -> persistence.forgetting().forget(agent), "forgetting");
      forgetting.setDaemon(true);
      Call call = Call.valueOf(args[5]);
      int left = Integer.parseInt(args[6]);
      Gate gate = faults.on(call).pauseBefore();
      forgetting.start();
      boolean isHeld = false;
      while (!isHeld && forgetting.isAlive()) {
        if (gate.awaitArrival(LOOK)) {
          isHeld = left == 0;
          if (!isHeld) {
            Gate next = faults.on(call).pauseBefore();
            gate.release();
            gate = next;
            left--;
          }
        }
      }
      out.print(isHeld ? "at\n" : "done\n");
      out.flush();
      forgetting.join();
    }
  }
}

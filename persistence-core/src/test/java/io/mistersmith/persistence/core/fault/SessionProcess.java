package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.session.NewSession;
import io.mistersmith.persistence.session.Sessions;
import io.mistersmith.persistence.session.Sessions.Opened;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A process that opens, uses and revokes sessions until it is killed. It opens, says {@code ready},
 * and begins on request. It prints what it is about to do and what it has done, a line for each
 * with a semicolon at its end: a line without one was cut off.
 */
final class SessionProcess {

  static final String VALID = "valid";
  static final String REVOKING = "revoking";
  static final String REVOKED = "revoked";

  private SessionProcess() {}

  /** Arguments: the installation's four, and how many sessions it opens before it begins. */
  public static void main(String[] args) throws IOException {
    PrintStream out = System.out;
    System.setOut(System.err);
    Installation installation = new Installation(args[0], args[1], args[2], args[3]);
    BufferedReader orders =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (Persistence persistence = open(installation)) {
      out.print("ready\n");
      out.flush();
      if (orders.readLine() == null) {
        return;
      }
      int first = Integer.parseInt(args[4]);
      if (first > 0) {
        revokeOnRequest(persistence.sessions(), first, orders, out);
        return;
      }
      AtomicBoolean open = new AtomicBoolean(true);
      Thread worker = new Thread(() -> work(persistence.sessions(), open, out));
      worker.start();
      String unused = orders.readLine();
      open.set(false);
      worker.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  static Persistence open(Installation installation) {
    return Persistence.open(
        installation.config().toBuilder().waitForServers(Duration.ofSeconds(60)).build());
  }

  /** Opens these, and on the next request revokes them, whatever becomes of it. */
  private static void revokeOnRequest(
      Sessions sessions, int number, BufferedReader orders, PrintStream out) throws IOException {
    List<Opened> opened = new ArrayList<>();
    for (int i = 0; i < number; i++) {
      opened.add(sessions.open(NewSession.ofUser("ada")));
      say(out, VALID, opened.get(i));
    }
    String unused = orders.readLine();
    for (Opened one : opened) {
      try {
        boolean unusedToo = sessions.revoke(one.session().id());
      } catch (PersistenceException e) {
        System.err.println("failed: " + e.getMessage());
      }
    }
    unused = orders.readLine();
  }

  private static void work(Sessions sessions, AtomicBoolean open, PrintStream out) {
    NewSession asked = NewSession.ofUser("ada").withTimeToLive(Duration.ofMinutes(30));
    while (open.get()) {
      try {
        Opened kept = sessions.open(asked);
        say(out, VALID, kept);
        Opened ended = sessions.open(asked);
        say(out, REVOKING, ended);
        boolean unused = sessions.revoke(ended.session().id());
        say(out, REVOKED, ended);
        var unusedToo = sessions.touch(kept.token());
      } catch (PersistenceException e) {
        System.err.println("failed: " + e.getMessage());
        pause();
      }
    }
  }

  private static void say(PrintStream out, String what, Opened opened) {
    out.print(what + " " + opened.token() + " " + opened.session().id() + ";\n");
    out.flush();
  }

  private static void pause() {
    try {
      Thread.sleep(20);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

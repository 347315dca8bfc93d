package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;

/**
 * A process that writes until it is killed: four threads, waiting and pipelined. It opens, says
 * {@code ready}, and begins on request. Each acknowledgement is a line {@code agent key epoch
 * sequence number;}: a line without its end was cut off and does not count.
 */
final class WriterProcess {

  private WriterProcess() {}

  /**
   * Arguments: the installation's four, the first number, the agents' ids with commas, and which
   * keys the second half of the threads write.
   */
  public static void main(String[] args) throws IOException {
    System.setOut(System.err); // what is logged must not mix with the acknowledgements
    Installation installation = new Installation(args[0], args[1], args[2], args[3]);
    List<AgentId> agents = Stream.of(args[5].split(",")).map(AgentId::parse).toList();
    BufferedReader orders =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (Persistence persistence = installation.open();
        Printer printer = new Printer(new FileOutputStream(FileDescriptor.out), agents)) {
      printer.say("ready");
      if (orders.readLine() == null) {
        return;
      }
      StateRepository<Long> states = persistence.states(Long.class);
      long first = Long.parseLong(args[4]);
      Writers again = Writers.start(2, states, agents, Writers.Keys.OVERWRITTEN, first, printer);
      Writers others =
          Writers.start(2, states, agents, Writers.Keys.valueOf(args[6]), first, printer);
      printer.printUntil(orders);
      again.stop();
      others.stop();
    }
  }

  /** Collects acknowledgements and hands over together those that came in meanwhile. */
  private static final class Printer implements Outcomes, AutoCloseable {

    private final OutputStream out;
    private final List<AgentId> agents;
    private final StringBuilder lines = new StringBuilder();

    Printer(OutputStream out, List<AgentId> agents) {
      this.out = out;
      this.agents = agents;
    }

    @Override
    public void acknowledged(StateKey key, Revision revision, long number) {
      Revision.OfJournal at = (Revision.OfJournal) revision;
      synchronized (lines) {
        lines
            .append(agents.indexOf(key.agent()))
            .append(' ')
            .append(key.key())
            .append(' ')
            .append(at.epoch())
            .append(' ')
            .append(at.sequence())
            .append(' ')
            .append(number)
            .append(";\n");
        lines.notifyAll();
      }
    }

    @Override
    public void failed(StateKey key, long number, PersistenceException failure) {
      System.err.println("failed: " + failure.getMessage());
    }

    void say(String word) throws IOException {
      out.write((word + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /** Prints until there is another order, or the one who gives them is gone. */
    void printUntil(BufferedReader orders) throws IOException {
      while (!orders.ready()) {
        String batch;
        synchronized (lines) {
          try {
            lines.wait(5);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
          }
          batch = lines.toString();
          lines.setLength(0);
        }
        out.write(batch.getBytes(StandardCharsets.UTF_8));
      }
    }

    @Override
    public void close() throws IOException {
      out.close();
    }
  }
}

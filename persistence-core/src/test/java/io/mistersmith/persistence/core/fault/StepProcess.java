package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.model.AgentId;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;

/**
 * A process that writes steps, and flushes, until it is killed. It says {@code ready}, begins on
 * request, and prints each acknowledged step as a line {@code agent number;}.
 */
final class StepProcess {

  private StepProcess() {}

  /** Arguments: the installation's four, the first number, and the agents' ids with commas. */
  public static void main(String[] args) throws IOException {
    PrintStream out = System.out;
    System.setOut(System.err); // what is logged must not mix with the acknowledgements
    Installation installation = new Installation(args[0], args[1], args[2], args[3]);
    List<AgentId> agents = Stream.of(args[5].split(",")).map(AgentId::parse).toList();
    BufferedReader orders =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (Persistence persistence = installation.open()) {
      out.println("ready");
      if (orders.readLine() == null) {
        return;
      }
      long first = Long.parseLong(args[4]);
      List<StepWriter> writers =
          agents.stream()
              .map(
                  agent ->
                      new StepWriter(
                          persistence,
                          agent,
                          first,
                          number -> {
                            synchronized (out) {
                              out.print(agents.indexOf(agent) + " " + number + ";\n");
                              out.flush();
                            }
                          }))
              .toList();
      String unused = orders.readLine(); // until its end
      writers.forEach(StepWriter::close);
    }
  }
}

package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.testkit.server.ChildJvm;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;

/** Eight writers on four processes, whose clocks are up to 45 seconds apart. */
final class Rivals implements AutoCloseable {

  private static final List<Duration> WRONG_BY =
      List.of(
          Duration.ofSeconds(25), Duration.ofSeconds(-20), Duration.ZERO, Duration.ofSeconds(10));

  private final List<ChildJvm> processes = new ArrayList<>();
  private final List<BlockingQueue<String>> lines = new ArrayList<>();

  static Rivals start(Installation installation, Path directory) {
    Rivals rivals = new Rivals();
    for (Duration wrongBy : WRONG_BY) {
      ChildJvm process =
          ChildJvm.start(
              RivalProcess.class,
              installation.asArguments(List.of("p" + rivals.processes.size(), wrongBy.toString())),
              Map.of(),
              List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-Xmx256m"),
              directory.resolve("rivals.log"));
      BlockingQueue<String> queue = ChildLines.queue();
      ChildLines unused = ChildLines.read(process, queue::add);
      rivals.processes.add(process);
      rivals.lines.add(queue);
    }
    rivals.lines.forEach(queue -> assertThat(ChildLines.next(queue)).isEqualTo("ready"));
    return rivals;
  }

  /** Lets all write at once, and returns what each writer was told, in order. */
  Map<String, List<String>> compete(Rivalry rivalry, AgentId agent, int writes) {
    processes.forEach(process -> process.stdin().println(rivalry + " " + agent + " " + writes));
    Map<String, List<String>> told = new LinkedHashMap<>();
    for (BlockingQueue<String> queue : lines) {
      for (String line = ChildLines.next(queue);
          !line.equals("done");
          line = ChildLines.next(queue)) {
        String[] part = line.split(" ", 2);
        assertThat(part).as("a line of a writer").hasSize(2);
        told.computeIfAbsent(part[0], name -> new ArrayList<>()).add(part[1]);
      }
    }
    assertThat(told).as("writers").hasSize(2 * WRONG_BY.size());
    return told;
  }

  @Override
  public void close() {
    processes.forEach(ChildJvm::close);
  }
}

package io.mistersmith.persistence.langchain4j.sample;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.log.Log.Entry;
import io.mistersmith.persistence.testkit.server.ChildJvm;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.TestServers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Starts servers and the agent, kills the agent twice in the middle of a tool call, before and
 * after its effect, and starts it again. The last line says how many turns there are, and how many
 * parts of them were lost or repeated.
 */
public final class Sample {

  private static final int TURNS = 20;

  private Sample() {}

  /** Runs the sample; the first argument names a directory for its log. */
  public static void main(String[] args) throws IOException {
    Path directory = Path.of(args.length == 0 ? "target" : args[0]);
    Path log = Files.createDirectories(directory).resolve("langchain4j-sample.log");
    PostgresServer postgres = TestServers.postgres();
    NatsServer nats = TestServers.nats();
    List<String> stores = List.of(nats.url(), postgres.jdbcUrl(), postgres.user());
    runAgent(stores, "before call-7", log);
    runAgent(stores, "after call-13", log);
    runAgent(stores, "nowhere", log);
    report(stores);
    System.exit(0);
  }

  /** Runs the agent until it is at the point, and kills it there; or until it ends. */
  private static void runAgent(List<String> stores, String point, Path log) throws IOException {
    List<String> args = new ArrayList<>(stores);
    args.add(String.valueOf(TURNS));
    args.add(point);
    Map<String, String> properties = Map.of("logback.configurationFile", "logback-sample.xml");
    try (ChildJvm agent = ChildJvm.start(SampleAgent.class, args, properties, log)) {
      String line = agent.stdout().readLine();
      while (line != null && !line.equals(BookingTool.AT_POINT + point)) {
        System.out.println("agent: " + line);
        line = agent.stdout().readLine();
      }
      if (line != null) {
        agent.kill();
        System.out.println("agent killed " + point);
      }
    }
  }

  private static void report(List<String> stores) {
    try (Persistence persistence = SampleAgent.open(stores.get(0), stores.get(1), stores.get(2))) {
      List<String> parts = new ArrayList<>();
      for (ChatMessage message :
          SampleAgent.memories(persistence).of(SampleAgent.CONVERSATION).messages()) {
        parts.add(part(message));
      }
      for (Entry<String> booking : SampleAgent.bookings(persistence).tail(1_000)) {
        parts.add("booked " + booking.id().orElse("without a call"));
      }
      Set<String> expected = new HashSet<>();
      for (int turn = 1; turn <= TURNS; turn++) {
        expected.add("asked " + ScriptedModel.QUESTION + turn);
        expected.add("called call-" + turn);
        expected.add("returned call-" + turn);
        expected.add("answered Done: booking " + turn);
        expected.add("booked call-" + turn);
      }
      long turns = parts.stream().filter(part -> part.startsWith("asked ")).count();
      Set<String> found = new HashSet<>(parts);
      long lost = expected.stream().filter(part -> !found.contains(part)).count();
      int repeated = parts.size() - found.size();
      System.out.printf("turns %d, lost %d, repeated %d%n", turns, lost, repeated);
    }
  }

  private static String part(ChatMessage message) {
    if (message instanceof UserMessage user) {
      return "asked " + user.singleText();
    }
    if (message instanceof ToolExecutionResultMessage result) {
      return "returned " + result.id();
    }
    AiMessage ai = (AiMessage) message;
    return ai.hasToolExecutionRequests()
        ? "called " + ai.toolExecutionRequests().get(0).id()
        : "answered " + ai.text();
  }
}

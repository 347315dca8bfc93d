package io.mistersmith.persistence.springai;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.TestServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.function.IntConsumer;
import javax.sql.DataSource;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.memory.MessageWindowChatMemory;
import org.springframework.ai.chat.memory.repository.jdbc.JdbcChatMemoryRepository;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/**
 * Prints what calls cost here and in Spring AI's own JDBC repository, on one PostgreSQL, in turns.
 * Run it as a program; it asserts nothing.
 */
final class ChatMemoryBenchmark {

  private static final int WINDOW = 20;
  private static final int CONVERSATIONS = 2_000;

  private final int rounds;
  private final List<Subject> subjects;

  /** A repository under its name. */
  private record Subject(String name, ChatMemoryRepository repository) {}

  private ChatMemoryBenchmark(int rounds, List<Subject> subjects) {
    this.rounds = rounds;
    this.subjects = subjects;
  }

  /** Measures, with as many rounds as the first argument says. */
  public static void main(String[] args) {
    int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 300;
    try (Memories memories = Memories.onServers()) {
      Persistence persistence = memories.open();
      ChatMemoryRepository own = PersistentChatMemoryRepository.of(persistence);
      ChatMemoryRepository trusting =
          PersistentChatMemoryRepository.builder(persistence)
              .name("trusting")
              .trustMemory(Duration.ofSeconds(1))
              .build();
      ChatMemoryRepository jdbc = JdbcChatMemoryRepository.builder().dataSource(database()).build();
      new ChatMemoryBenchmark(
              rounds,
              List.of(
                  new Subject("spring-ai jdbc", jdbc),
                  new Subject("this", own),
                  new Subject("trusting memory", trusting)))
          .run();
    }
  }

  /** One open connection, as a pool would lend it; the table and index of Spring AI's schema. */
  private static DataSource database() {
    PostgresServer server = TestServers.postgres();
    DataSource database =
        new SingleConnectionDataSource(
            server.jdbcUrl(), server.user(), server.password().orElse(""), true);
    JdbcTemplate sql = new JdbcTemplate(database);
    sql.execute(
        "CREATE TABLE IF NOT EXISTS SPRING_AI_CHAT_MEMORY (conversation_id VARCHAR(36) NOT NULL,"
            + " content TEXT NOT NULL, type VARCHAR(10) NOT NULL, \"timestamp\" TIMESTAMP NOT NULL,"
            + " sequence_id BIGINT NOT NULL)");
    sql.execute(
        "CREATE INDEX IF NOT EXISTS SPRING_AI_CHAT_MEMORY_IDX ON"
            + " SPRING_AI_CHAT_MEMORY (conversation_id, sequence_id)");
    sql.execute("TRUNCATE SPRING_AI_CHAT_MEMORY");
    return database;
  }

  private void run() {
    List<Message> window = messages(WINDOW);
    print("saveAll of 20 messages, new conversation", subject -> i -> filling(subject, window));
    print("saveAll of 20 messages, one more each time", ChatMemoryBenchmark::growing);
    print("find 20 messages", subject -> finding(subject, fill(subject, window)));
    print("window add, of 20 messages", subject -> adding(subject, fill(subject, window)));
    for (Subject subject : subjects) {
      int present = subject.repository.findConversationIds().size();
      for (int i = present; i < CONVERSATIONS; i++) {
        String unused = fill(subject, messages(1));
      }
    }
    print(
        "list 2,000 conversations",
        subject -> i -> consume(subject.repository.findConversationIds()));
    for (int size : new int[] {10, 1_000, 10_000}) {
      print("read, append one, at " + size + " messages", subject -> appending(subject, size));
    }
  }

  private static void consume(List<?> found) {
    if (found.isEmpty()) {
      throw new IllegalStateException("nothing was found");
    }
  }

  private static List<Message> messages(int count) {
    List<Message> messages = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String text = "message " + i + " of a conversation, as long as such a text may be ".repeat(2);
      messages.add(i % 2 == 0 ? new UserMessage(text) : new AssistantMessage(text));
    }
    return messages;
  }

  private static String fill(Subject subject, List<Message> messages) {
    String conversation = UUID.randomUUID().toString();
    subject.repository.saveAll(conversation, messages);
    return conversation;
  }

  private static void filling(Subject subject, List<Message> messages) {
    String unused = fill(subject, messages);
  }

  private static IntConsumer growing(Subject subject) {
    List<Message> messages = new ArrayList<>(messages(WINDOW));
    String conversation = fill(subject, messages);
    return i -> {
      messages.remove(0);
      messages.add(new UserMessage("one more: " + i));
      subject.repository.saveAll(conversation, messages);
    };
  }

  private static IntConsumer finding(Subject subject, String conversation) {
    return i -> consume(subject.repository.findByConversationId(conversation));
  }

  private static IntConsumer adding(Subject subject, String conversation) {
    ChatMemory memory =
        MessageWindowChatMemory.builder()
            .chatMemoryRepository(subject.repository)
            .maxMessages(WINDOW)
            .build();
    return i -> memory.add(conversation, new UserMessage("one more: " + i));
  }

  private static IntConsumer appending(Subject subject, int size) {
    String conversation = fill(subject, messages(size));
    return i -> {
      List<Message> messages =
          new ArrayList<>(subject.repository.findByConversationId(conversation));
      messages.add(new UserMessage("one more: " + i));
      subject.repository.saveAll(conversation, messages);
    };
  }

  /** Prepares a call of a subject. */
  private interface Call {
    IntConsumer of(Subject subject);
  }

  private void print(String name, Call call) {
    int times = name.contains("10000") ? Math.max(10, rounds / 15) : rounds;
    List<IntConsumer> calls = subjects.stream().map(call::of).toList();
    double[][] millis = new double[calls.size()][times];
    for (int i = -times / 5; i < times; i++) {
      for (int k = 0; k < calls.size(); k++) {
        long start = System.nanoTime();
        calls.get(k).accept(i);
        millis[k][Math.max(i, 0)] = (System.nanoTime() - start) / 1e6;
      }
    }
    StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%-44s", name));
    double[] medians = new double[calls.size()];
    for (int k = 0; k < calls.size(); k++) {
      Arrays.sort(millis[k]);
      medians[k] = millis[k][times / 2];
      line.append(
          String.format(
              Locale.ROOT,
              "  %s %.3f ms (%.1f x)",
              subjects.get(k).name,
              medians[k],
              medians[0] / medians[k]));
    }
    System.out.println(line);
  }
}

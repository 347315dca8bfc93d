package io.mistersmith.persistence.bench;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.bench.Rounds.Preparation;
import io.mistersmith.persistence.springai.PersistentChatMemoryRepository;
import io.mistersmith.persistence.testkit.SharedStores;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.springframework.ai.chat.memory.repository.jdbc.JdbcChatMemoryRepository;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/** Calls per second beside those of Spring AI's own JDBC repository, on the same PostgreSQL. */
final class BesideJdbc {

  private static final int CONVERSATIONS = 2_000;

  /** The list comes first, of as many conversations as are meant: other calls add some. */
  private static final List<Call> CALLS =
      List.of(
          new Call("list", Repository::list),
          new Call("save.new", Repository::saveNew),
          new Call("save.more", Repository::saveMore),
          new Call("find", Repository::find),
          new Call("add", Repository::add));

  private record Call(String name, Function<Repository, Preparation> of) {

    String name(String kind) {
      return "springai." + kind + "." + name;
    }
  }

  private final Rounds rounds;
  private final int conversations;

  BesideJdbc(boolean quick) {
    this.rounds = quick ? new Rounds(2, 5, 3) : new Rounds(20, 60, 5);
    this.conversations = quick ? 100 : CONVERSATIONS;
  }

  static List<String> names() {
    return Stream.of("jdbc", "jdbc.trusting")
        .flatMap(kind -> CALLS.stream().map(call -> call.name(kind)))
        .toList();
  }

  List<Figure> measure(SharedStores stores) throws Exception {
    SingleConnectionDataSource database = database(stores.address());
    try (Persistence persistence = stores.open()) {
      Repository jdbc =
          new Repository(JdbcChatMemoryRepository.builder().dataSource(database).build());
      Repository ours =
          new Repository(
              PersistentChatMemoryRepository.builder(persistence).name("beside").build());
      Repository trusting =
          new Repository(
              PersistentChatMemoryRepository.builder(persistence)
                  .name("trusting")
                  .trustMemory(Duration.ofSeconds(1))
                  .build());
      List.of(jdbc, ours, trusting).forEach(repository -> repository.fill(conversations));
      List<Figure> figures = new ArrayList<>();
      figures.addAll(figures("jdbc", Goal.atLeast(1.50), jdbc, ours));
      figures.addAll(figures("jdbc.trusting", Goal.reported(), jdbc, trusting));
      return figures;
    } finally {
      database.destroy();
    }
  }

  private List<Figure> figures(String kind, Goal goal, Repository raw, Repository ours)
      throws Exception {
    List<Figure> figures = new ArrayList<>();
    for (Call call : CALLS) {
      figures.add(
          new Figure(
              call.name(kind),
              "/s",
              goal,
              rounds.perSecond(() -> call.of.apply(raw), () -> call.of.apply(ours))));
    }
    return figures;
  }

  /** One open connection, as a pool would lend it; the table and index of Spring AI's schema. */
  private static SingleConnectionDataSource database(List<String> address) {
    SingleConnectionDataSource database =
        new SingleConnectionDataSource(address.get(1), address.get(2), address.get(3), true);
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
}

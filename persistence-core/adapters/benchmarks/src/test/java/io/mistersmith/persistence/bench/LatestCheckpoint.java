package io.mistersmith.persistence.bench;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.bench.Chat.Append;
import io.mistersmith.persistence.testkit.SharedStores;
import java.util.Optional;
import java.util.UUID;
import org.bsc.langgraph4j.RunnableConfig;
import org.bsc.langgraph4j.checkpoint.BaseCheckpointSaver;
import org.bsc.langgraph4j.checkpoint.Checkpoint;

/** What LangGraph4j's latest checkpoint costs in a thread of 500, against a thread of one. */
final class LatestCheckpoint {

  static final String NAME = "langgraph4j.latest.500";
  private static final Goal GOAL = Goal.valueAtMost(2_000);
  private static final int MANY = 500;

  private LatestCheckpoint() {}

  static Figure measure(SharedStores stores, boolean quick) throws Exception {
    Rounds rounds = quick ? new Rounds(2, 5, 5) : new Rounds(20, 60, 10);
    String one = "one-" + UUID.randomUUID();
    String many = "many-" + UUID.randomUUID();
    try (Persistence persistence = stores.open()) {
      new LangGraph4jChat(persistence, one).fill(1);
      new LangGraph4jChat(persistence, many).fill(MANY);
      BaseCheckpointSaver saver = LangGraph4jChat.saver(persistence);
      return new Figure(
          NAME,
          "us",
          GOAL,
          rounds.micros(() -> () -> get(saver, one), () -> () -> get(saver, many)));
    }
  }

  private static Append get(BaseCheckpointSaver saver, String thread) {
    RunnableConfig config = RunnableConfig.builder().threadId(thread).build();
    return () -> {
      Optional<Checkpoint> latest = saver.get(config);
      if (latest.isEmpty()) {
        throw new IllegalStateException("no checkpoint of " + thread);
      }
    };
  }
}

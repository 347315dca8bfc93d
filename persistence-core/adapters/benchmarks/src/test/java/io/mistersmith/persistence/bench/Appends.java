package io.mistersmith.persistence.bench;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.testkit.SharedStores;
import java.util.UUID;

/** What one more message costs in a long conversation, against one of ten messages. */
final class Appends {

  private static final int FEW = 10;
  private static final Goal GOAL = Goal.atMost(1.20);

  private final Adapter adapter;
  private final int many;
  private final Rounds rounds;

  Appends(Adapter adapter, boolean quick) {
    this.adapter = adapter;
    this.many = quick ? 1_000 : 10_000;
    this.rounds = quick ? new Rounds(2, 5, 5) : new Rounds(20, 60, 10);
  }

  String name() {
    return adapter.name() + ".append";
  }

  Figure measure(SharedStores stores) throws Exception {
    String conversation = "long-" + UUID.randomUUID();
    try (Persistence filling = stores.open()) { // the close waits for the flush
      adapter.create(filling, conversation);
      adapter.open(filling, conversation).fill(many);
    }
    try (Persistence persistence = stores.open()) {
      Chat chat = adapter.open(persistence, conversation);
      return new Figure(
          name(), "us", GOAL, rounds.micros(() -> few(persistence)::next, () -> chat::next));
    }
  }

  /** Returns a new conversation of ten messages, one of them added by a call that is timed. */
  private Chat few(Persistence persistence) throws Exception {
    String conversation = "short-" + UUID.randomUUID();
    adapter.create(persistence, conversation);
    Chat chat = adapter.open(persistence, conversation);
    chat.fill(FEW - 1);
    chat.next().make();
    return chat;
  }
}

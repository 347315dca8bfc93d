package io.mistersmith.persistence.bench;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.bench.Chat.Append;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.testkit.SharedStores;
import java.util.List;

/** The process that writes turns to a conversation, when it is told to on standard input. */
final class Writer {

  /** The line by which it says that it is ready. */
  static final String READY = "ready";

  private static final int OWN = 4; // arguments before the address of the stores

  private Writer() {}

  /** Takes the adapter's name, the conversation, the writer's name, the turns; the stores. */
  public static void main(String[] args) throws Exception {
    Adapter adapter =
        Adapter.all().stream().filter(one -> one.name().equals(args[0])).findFirst().orElseThrow();
    int turns = Integer.parseInt(args[3]);
    try (SharedStores stores = SharedStores.at(List.of(args).subList(OWN, args.length))) {
      Persistence persistence = stores.runtime();
      Chat chat = adapter.open(persistence, args[1]);
      System.out.println(READY);
      int unused = System.in.read();
      for (int turn = 0; turn < turns; turn++) {
        for (Said.Part part : adapter.parts()) {
          write(chat.saying(new Said(part, args[2], turn)));
        }
      }
    }
  }

  /** Repeats what was not written because the other writer was faster each time. */
  private static void write(Append append) throws Exception {
    while (true) {
      try {
        append.make();
        return;
      } catch (TransientPersistenceException e) {
        if (e.error() != DataError.VERSION_CONFLICT) {
          throw e;
        }
        System.err.println("repeats: " + e.getMessage());
      }
    }
  }
}

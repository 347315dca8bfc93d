package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.spi.sql.HandledStore;
import java.time.Duration;

/** The table {@code messages.handled}. */
final class PostgresHandledStore implements HandledStore {

  private static final String NOTE =
      """
      INSERT INTO messages.handled (consumer, message_id)
      VALUES (:consumer, :message)
      ON CONFLICT DO NOTHING
      """;

  private static final String SWEEP =
      """
      DELETE FROM messages.handled
       WHERE (consumer, message_id) IN (
         SELECT consumer, message_id
           FROM messages.handled
          WHERE handled_at < now() - :age * INTERVAL '1 microsecond'
          ORDER BY handled_at
          LIMIT :max
       )
         AND handled_at < now() - :age * INTERVAL '1 microsecond'
      """;

  private final Statements statements;

  PostgresHandledStore(Statements statements) {
    this.statements = statements;
  }

  @Override
  public boolean note(String consumer, String messageId) {
    return statements.write(
        "note message " + messageId + " of consumer " + consumer,
        handle ->
            handle
                    .createUpdate(NOTE)
                    .bind("consumer", consumer)
                    .bind("message", messageId)
                    .execute()
                == 1);
  }

  @Override
  public int sweep(Duration age, int max) {
    return statements.write(
        "remove notes of handled messages older than " + age,
        handle ->
            handle
                .createUpdate(SWEEP)
                .bind("age", age.toNanos() / 1_000)
                .bind("max", max)
                .execute());
  }
}

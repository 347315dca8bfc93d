package io.mistersmith.persistence.core.internal.store.postgres;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.ServerErrorMessage;

/** Recognises what a pooler in transaction mode does to clients that do not know of it. */
final class PoolerFailures {

  /** A statement of that name was prepared by another client of the same server connection. */
  private static final String PREPARED_BY_ANOTHER = "42P05";

  /** The statement was prepared on another server connection. */
  private static final String PREPARED_ELSEWHERE = "26000";

  private static final String REFUSED_BY_POOLER = "08P01";

  /** PgBouncer's words, which hold a parameter's name and no value. */
  private static final Pattern PARAMETER =
      Pattern.compile("unsupported startup parameter[^:]*: (\\w+)");

  static final String DECLARE =
      "declare it with PostgresConfig.Builder.pooler(TRANSACTION), or give a URL that leads to the"
          + " server itself";

  private PoolerFailures() {}

  /** Returns what to say of a failure that a pooler explains; empty where none does. */
  static String sentence(String state, @Nullable ServerErrorMessage server) {
    return switch (state) {
      case PREPARED_BY_ANOTHER, PREPARED_ELSEWHERE ->
          "a pooler in transaction mode, such as PgBouncer, gave the statement a connection that it"
              + " was not prepared on; "
              + DECLARE;
      case REFUSED_BY_POOLER -> parameter(server);
      default -> "";
    };
  }

  private static String parameter(@Nullable ServerErrorMessage server) {
    String words = server == null || server.getMessage() == null ? "" : server.getMessage();
    Matcher found = PARAMETER.matcher(words);
    return found.find()
        ? "a pooler, such as PgBouncer, refuses the startup parameter "
            + found.group(1)
            + "; "
            + DECLARE
        : "";
  }
}

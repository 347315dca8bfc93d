package io.mistersmith.persistence.config;

import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Decides which settings of PostgreSQL a configuration may give a session. */
final class SessionSettings {

  /** Settings that have a field of their own. */
  private static final Map<String, String> FIELDS =
      Map.of(
          "statement_timeout", "statementTimeout",
          "lock_timeout", "lockTimeout",
          "idle_in_transaction_session_timeout", "idleInTransactionTimeout",
          "application_name", "applicationName");

  /** Settings that the driver or the library needs as they are. */
  private static final Set<String> FIXED =
      Set.of(
          "client_encoding",
          "datestyle",
          "standard_conforming_strings",
          "default_transaction_isolation",
          "default_transaction_read_only",
          "transaction_isolation",
          "transaction_read_only",
          "session_replication_role");

  private SessionSettings() {}

  /** Returns the name as PostgreSQL has it, in lower case. */
  static String checked(String name, String value) {
    String setting = name.toLowerCase(Locale.ROOT);
    String field = "postgres.settings has " + setting;
    Checks.that(
        setting.matches("[a-z_][a-z0-9_]*(\\.[a-z_][a-z0-9_]*)?"),
        "postgres.settings has '" + name + "', which is no setting's name");
    Checks.that(!FIELDS.containsKey(setting), field + "; use " + FIELDS.get(setting) + " instead");
    Checks.that(!FIXED.contains(setting), field + "; the library needs its own, take it out");
    Checks.that(
        !setting.equals("synchronous_commit") || value.matches("on|remote_write|remote_apply"),
        field
            + " = "
            + value
            + ", but an acknowledged commit must be durable; use on,"
            + " remote_write or remote_apply");
    Checks.that(value.indexOf('\0') < 0, field + ", whose value has a NUL character");
    return setting;
  }
}

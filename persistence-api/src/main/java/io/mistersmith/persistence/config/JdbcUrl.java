package io.mistersmith.persistence.config;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A JDBC URL of PostgreSQL in its parts, so that a role can have another host or database. */
final class JdbcUrl {

  private static final String PREFIX = "jdbc:postgresql:";
  private static final Pattern PARTS =
      Pattern.compile(
          PREFIX + "(?://(?<hosts>[^/?]*)(?:/|(?=\\?)|$))?(?<database>[^?]*)(?<rest>.*)");
  private static final Pattern HOSTS =
      Pattern.compile(
          "(?:\\[[0-9A-Fa-f:.]+]|[\\w.-]+)(?::\\d{1,5})?(?:,(?:\\[[0-9A-Fa-f:.]+]|[\\w.-]+)(?::\\d{1,5})?)*");
  private static final Pattern TLS = Pattern.compile("(?i).*[?&]ssl[a-z]*=.*");
  private static final Pattern SECRET = Pattern.compile("(?i)([?&][a-z]*password=)[^&]*");

  /** Parameters that are sent when connecting, or that set how statements are prepared. */
  private static final Pattern NOT_POOLED =
      Pattern.compile(
          "[?&](options|currentSchema|replication|prepareThreshold|assumeMinServerVersion)=");

  private static final Pattern TARGET = Pattern.compile("([?&])targetServerType=[^&]*(?:&|$)");

  private JdbcUrl() {}

  static String checked(String url) {
    Checks.that(url.startsWith(PREFIX), "postgres.jdbcUrl must start with " + PREFIX);
    return url;
  }

  /** Fails where the URL has what a pooler in transaction mode refuses, or passes to others. */
  static void checkPooled(String url) {
    Matcher found = NOT_POOLED.matcher(url);
    if (found.find()) {
      throw new IllegalArgumentException(
          "postgres.jdbcUrl has the parameter "
              + found.group(1)
              + ", which does not work through a pooler in transaction mode; take it out, and give"
              + " settings of sessions with setting(name, value)");
    }
  }

  /** Returns the URL with other hosts, by TCP; without a port the host has the default one. */
  static String withHosts(String url, String hosts) {
    Checks.that(
        HOSTS.matcher(hosts).matches(),
        "postgres.host is '" + hosts + "'; give host or host:port, several with commas");
    Matcher parts = parts(UnixSocket.without(url));
    return PREFIX + "//" + hosts + "/" + parts.group("database") + parts.group("rest");
  }

  /** Returns the URL with another database. */
  static String withDatabase(String url, String database) {
    Checks.that(
        !database.isEmpty() && database.chars().noneMatch(c -> "/?&%\\ ".indexOf(c) >= 0),
        "postgres.database is '" + database + "'; give the name of a database, or a jdbcUrl");
    Matcher parts = parts(url);
    String hosts = parts.group("hosts");
    return PREFIX + (hosts == null ? "" : "//" + hosts + "/") + database + parts.group("rest");
  }

  /** Returns whether the URL says how to encrypt. */
  static boolean mentionsTls(String url) {
    return TLS.matcher(url).matches();
  }

  /** Returns the URL without the kind of server that it asks for. */
  static String withoutTarget(String url) {
    return TARGET.matcher(url).replaceAll("$1").replaceFirst("[?&]$", "");
  }

  /** Returns how many hosts the URL names; 0 where it leaves that to the driver. */
  static int hosts(String url) {
    String hosts = parts(url).group("hosts");
    return hosts == null ? 0 : hosts.split(",", -1).length;
  }

  /** Returns the URL without the values of parameters that are passwords. */
  static String printed(String url) {
    return SECRET.matcher(url).replaceAll("$1***");
  }

  private static Matcher parts(String url) {
    Matcher parts = PARTS.matcher(url);
    Checks.that(parts.matches(), "postgres.jdbcUrl is no URL: " + printed(url));
    return parts;
  }
}

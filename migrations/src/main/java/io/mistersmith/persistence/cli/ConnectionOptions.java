package io.mistersmith.persistence.cli;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The database to work on, from options or the environment. A password comes only from the latter.
 */
final class ConnectionOptions {
  @SuppressWarnings("NullAway.Init") // picocli sets it
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @SuppressWarnings("NullAway.Init")
  @Option(
      names = "--url",
      paramLabel = "URL",
      description = {
        "jdbc:postgresql://HOST:PORT/DATABASE, without a password.",
        "Else PG_HOST, PG_PORT (5432) and PG_DATABASE (postgres) say where the database is."
      })
  private Optional<String> url;

  @SuppressWarnings("NullAway.Init")
  @Option(
      names = "--user",
      paramLabel = "USER",
      description = "The role to connect as; else PG_USER (postgres). Its password is PG_PASSWORD.")
  private Optional<String> user;

  /** The database that the options and the environment name. */
  PGSimpleDataSource dataSource() {
    return dataSource(System.getenv());
  }

  /** Another database of the same server. */
  DataSource dataSource(String database) {
    PGSimpleDataSource source = dataSource();
    source.setDatabaseName(database);
    return source;
  }

  private PGSimpleDataSource dataSource(Map<String, String> environment) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    try {
      source.setURL(url.map(this::checked).orElseGet(() -> fromEnvironment(environment)));
    } catch (IllegalArgumentException e) {
      throw new ParameterException(
          command.commandLine(),
          "--url cannot be read; write jdbc:postgresql://HOST:PORT/DATABASE",
          e);
    }
    user.or(() -> Optional.ofNullable(environment.get("PG_USER")))
        .or(() -> Optional.ofNullable(source.getUser()).map(String::valueOf))
        .or(() -> Optional.of("postgres"))
        .ifPresent(source::setUser);
    Optional.ofNullable(environment.get("PG_PASSWORD")).ifPresent(source::setPassword);
    source.setApplicationName("migrations-cli");
    source.setLogServerErrorDetail(false);
    source.setConnectTimeout(10);
    return source;
  }

  private String checked(String given) {
    String lower = given.toLowerCase(Locale.ROOT);
    if (lower.matches(".*[?&](password|sslpassword)=.*") || lower.matches(".*//[^/?]*@.*")) {
      throw new ParameterException(
          command.commandLine(),
          "--url holds a password or a user, which everybody on this machine can read in the list"
              + " of processes; leave it out and set PG_PASSWORD (and --user or PG_USER)");
    }
    if (!lower.startsWith("jdbc:postgresql:")) {
      throw new ParameterException(
          command.commandLine(),
          "--url must begin with jdbc:postgresql: as in jdbc:postgresql://localhost:5432/agents");
    }
    return given;
  }

  private String fromEnvironment(Map<String, String> environment) {
    if (!environment.containsKey("PG_HOST") && !environment.containsKey("PG_DATABASE")) {
      throw new ParameterException(
          command.commandLine(),
          "which database? Give --url jdbc:postgresql://HOST:PORT/DATABASE, or set PG_HOST and"
              + " PG_DATABASE");
    }
    return "jdbc:postgresql://%s:%s/%s"
        .formatted(
            environment.getOrDefault("PG_HOST", "localhost"),
            environment.getOrDefault("PG_PORT", "5432"),
            environment.getOrDefault("PG_DATABASE", "postgres"));
  }
}

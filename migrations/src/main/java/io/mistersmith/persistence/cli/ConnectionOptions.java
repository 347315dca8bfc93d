package io.mistersmith.persistence.cli;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
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
        "Else PG_HOST (localhost), PG_PORT (5432) and PG_DATABASE (agent_system) say where the"
            + " database is; see also docs/migrations.md."
      })
  private Optional<String> url;

  @SuppressWarnings("NullAway.Init")
  @Option(
      names = "--user",
      paramLabel = "USER",
      description = "The role to connect as; else PG_USER (postgres). Its password is PG_PASSWORD.")
  private Optional<String> user;

  @SuppressWarnings("NullAway.Init")
  @Option(
      names = "--properties",
      paramLabel = "FILE",
      description = "A properties file with the names of the environment, which precedes it.")
  private Optional<Path> properties;

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
    ConnectionSettings settings = new ConnectionSettings(environment, file());
    PGSimpleDataSource source = new PGSimpleDataSource();
    String address = url.map(this::checked).orElseGet(() -> named(settings));
    try {
      source.setURL(address);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(
          command.commandLine(),
          "--url cannot be read; write jdbc:postgresql://HOST:PORT/DATABASE",
          e);
    }
    user.or(settings::user)
        .or(() -> Optional.ofNullable(source.getUser()).map(String::valueOf))
        .or(() -> Optional.of(ConnectionSetting.PG_USER.byDefault()))
        .ifPresent(source::setUser);
    settings.password().ifPresent(source::setPassword);
    source.setLogServerErrorDetail(false);
    try {
      settings.apply(source, address);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command.commandLine(), String.valueOf(e.getMessage()), e);
    }
    return source;
  }

  private Properties file() {
    Properties values = new Properties();
    if (properties.isPresent()) {
      try (Reader in = Files.newBufferedReader(properties.get())) {
        values.load(in);
      } catch (IOException | IllegalArgumentException e) {
        throw new ParameterException(
            command.commandLine(),
            "--properties: " + properties.get() + " cannot be read as a properties file",
            e);
      }
    }
    return values;
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

  private String named(ConnectionSettings settings) {
    if (!settings.nameDatabase()) {
      throw new ParameterException(
          command.commandLine(),
          "which database? Give --url jdbc:postgresql://HOST:PORT/DATABASE, or set PG_HOST and"
              + " PG_DATABASE");
    }
    try {
      return settings.url();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }
}

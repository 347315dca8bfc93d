package io.mistersmith.persistence.config;

import static io.mistersmith.persistence.config.SettingName.PG_PORT;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Texts by name, from the environment and from a file, read as the types they should have. */
final class NamedSettings {

  private static final Pattern OURS = Pattern.compile("(PG|NATS)_[A-Z_]+|[A-Z]+_DB_[A-Z]+");
  private static final Pattern SIZE = Pattern.compile("(\\d{1,15})\\s*(|B|[KMGT]i?B?)");

  private final Map<String, String> values;

  private NamedSettings(Map<String, String> values) {
    this.values = values;
  }

  /**
   * Returns the settings of both.
   *
   * @param environment has precedence; names that are not ours are left alone
   * @param file may have names that look like no setting of ours
   */
  static NamedSettings of(Map<String, String> environment, Properties file) {
    Map<String, String> values = new TreeMap<>();
    for (String name : new TreeSet<>(file.stringPropertyNames())) {
      Checks.that(
          SettingName.all().containsKey(name) || !OURS.matcher(name).matches(),
          name + " is no setting; there are " + SettingName.all().keySet());
      values.put(name, file.getProperty(name));
    }
    environment.forEach(
        (name, value) -> values.merge(name, value, (old, own) -> own.isBlank() ? old : own));
    values.values().removeIf(String::isBlank);
    return new NamedSettings(values);
  }

  PersistenceConfig.Builder configure() {
    NatsSettings nats = new NatsSettings(this);
    return nats.buckets(
        PersistenceConfig.builder(nats.configure(), new PostgresSettings(this).configure()));
  }

  /** A value that may be missing: empty or blank counts as not set. */
  Optional<String> given(String name) {
    return Optional.ofNullable(values.get(name)).map(String::strip);
  }

  Optional<String> given(SettingName name) {
    return given(name.name());
  }

  /** A value, or its default. */
  String text(SettingName name) {
    return given(name).or(name::byDefault).orElse("");
  }

  List<String> list(SettingName name) {
    return Arrays.stream(text(name).split(",")).map(String::strip).toList();
  }

  Optional<Path> path(SettingName name) {
    return given(name).map(Path::of);
  }

  /** A secret; not stripped, as blanks may belong to it. */
  Optional<Supplier<Secret>> secret(String name) {
    return Optional.ofNullable(values.get(name)).map(value -> () -> Secret.of(value));
  }

  int number(SettingName name, int least, int most) {
    String text = text(name);
    boolean fits = text.matches("\\d{1,9}");
    int value = fits ? Integer.parseInt(text) : -1;
    Checks.that(
        fits && value >= least && value <= most,
        name
            + " is '"
            + text
            + "'; give a whole number from "
            + least
            + " to "
            + most
            + (name == PG_PORT && text.startsWith("tcp:")
                ? ". Kubernetes sets this for a service with the name pg: set enableServiceLinks to"
                    + " false, or rename the service"
                : ""));
    return value;
  }

  Duration seconds(SettingName name) {
    return Duration.ofSeconds(number(name, 1, 86_400));
  }

  boolean flag(SettingName name) {
    String text = text(name).toLowerCase(Locale.ROOT);
    Checks.that(
        text.equals("true") || text.equals("false"),
        name + " is '" + text + "'; give true or false");
    return text.equals("true");
  }

  /** A size in bytes; a kilobyte has 1,024, as in nats-server's own configuration. */
  long bytes(SettingName name) {
    Matcher size = SIZE.matcher(text(name).toUpperCase(Locale.ROOT).replace("I", "i"));
    Checks.that(
        size.matches(), name + " is '" + text(name) + "'; give a size such as 512MB, 1GB or 1024");
    String unit = size.group(2);
    int power = unit.isEmpty() ? 0 : Math.max(0, "BKMGT".indexOf(unit.charAt(0)));
    return Long.parseLong(size.group(1)) << (10 * power);
  }

  /** Encryption by three files and a mode, each of which may be missing; empty where all are. */
  Optional<TlsConfig> tls(
      SettingName mode, SettingName root, SettingName certificate, SettingName key) {
    Optional<Path> shown = path(certificate);
    Optional<Path> shownKey = path(key);
    Checks.that(
        shown.isPresent() == shownKey.isPresent(),
        "of %s and %s only one is set; set both, or none".formatted(certificate, key));
    if (given(mode).isEmpty() && path(root).isEmpty() && shown.isEmpty()) {
      return Optional.empty();
    }
    TlsConfig.Builder tls = TlsConfig.builder(mode(mode));
    path(root).ifPresent(tls::rootCertificate);
    shown.ifPresent(file -> tls.clientCertificate(file, shownKey.orElseThrow()));
    return Optional.of(checked(tls::build, "%s, %s: ".formatted(mode, root)));
  }

  private TlsConfig.Mode mode(SettingName name) {
    String text = given(name).orElse("verify-full").toLowerCase(Locale.ROOT);
    return Arrays.stream(TlsConfig.Mode.values())
        .filter(mode -> written(mode).equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    name
                        + " is '"
                        + text
                        + "'; use one of "
                        + Arrays.stream(TlsConfig.Mode.values())
                            .map(NamedSettings::written)
                            .toList()));
  }

  private static String written(TlsConfig.Mode mode) {
    return mode.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Puts the names in front of what a check says of the field. */
  static <T> T checked(Supplier<T> step, String names) {
    try {
      return step.get();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(names + e.getMessage(), e);
    }
  }
}

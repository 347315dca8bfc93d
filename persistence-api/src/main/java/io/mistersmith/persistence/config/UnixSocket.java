package io.mistersmith.persistence.config;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The parameters of a JDBC URL that lead to a socket file instead of a TCP port. The driver has no
 * such connections itself; it takes the factory of a library that has.
 */
final class UnixSocket {

  private static final String FACTORY = "org.newsclub.net.unix.AFUNIXSocketFactory$FactoryArg";
  private static final Pattern PORT =
      Pattern.compile("jdbc:postgresql://[^/?,]*:(\\d+)(?:[/?,]|$).*");
  private static final Pattern PARAMETERS =
      Pattern.compile("(?<=[?&])socketFactory(?:Arg)?=[^&]*(?:&|$)");

  private UnixSocket() {}

  /**
   * Returns the URL by way of the socket that a server with the URL's port has in a directory. The
   * host becomes localhost, the only one that the factory takes.
   */
  static String in(Path directory, String url) {
    Matcher found = PORT.matcher(url);
    String port = found.matches() ? found.group(1) : "5432";
    String plain = JdbcUrl.withHosts(url, "localhost:" + port);
    String file = URLEncoder.encode(directory + "/.s.PGSQL." + port, StandardCharsets.UTF_8);
    return plain
        + (plain.indexOf('?') < 0 ? "?" : "&")
        + "socketFactory="
        + FACTORY
        + "&socketFactoryArg="
        + file.replace("%2F", "/");
  }

  /** Returns the URL without the parameters. */
  static String without(String url) {
    String plain = PARAMETERS.matcher(url).replaceAll("");
    return plain.endsWith("?") || plain.endsWith("&")
        ? plain.substring(0, plain.length() - 1)
        : plain;
  }
}

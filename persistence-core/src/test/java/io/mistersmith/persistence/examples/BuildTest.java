package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathExpressionException;
import javax.xml.xpath.XPathFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/** Checks the build's promises to people who install the library or run its test kit. */
class BuildTest {

  @Test
  void skipTestsSkipsIntegrationTestsToo() {
    assertThat(property("pom.xml", "skipTests")).isEqualTo("false");
    assertThat(property("pom.xml", "skipITs")).isEqualTo("${skipTests}");
  }

  @Test
  void testKitAndContractsAreBuiltOnTheOldestJUnitAndRunOnTheNewest() {
    assertThat(property("persistence-test-kit/pom.xml", "junit.version")).startsWith("5.12.");
    assertThat(property("persistence-test-kit/contracts/pom.xml", "junit.version"))
        .isEqualTo(property("persistence-test-kit/pom.xml", "junit.version"));
    assertThat(property("pom.xml", "junit.version")).startsWith("6.");
  }

  /** The class path of a user gets no test library: each comes in the version of the user. */
  @Test
  void testKitBringsNoTestLibrary() {
    assertThat(
            values(
                "persistence-test-kit/pom.xml",
                "dependencies/dependency[not(scope) and not(optional)]/artifactId"))
        .containsExactlyInAnyOrder("persistence-api", "jspecify", "slf4j-api");
  }

  private static String property(String pom, String name) {
    assertThat(values(pom, "properties/" + name)).as("%s of %s", name, pom).hasSize(1);
    return values(pom, "properties/" + name).get(0);
  }

  private static List<String> values(String pom, String path) {
    try {
      NodeList found =
          (NodeList)
              XPathFactory.newInstance()
                  .newXPath()
                  .evaluate(
                      "/project/" + path,
                      DocumentBuilderFactory.newInstance()
                          .newDocumentBuilder()
                          .parse(Path.of("..").resolve(pom).toFile()),
                      XPathConstants.NODESET);
      return IntStream.range(0, found.getLength())
          .mapToObj(i -> found.item(i).getTextContent())
          .toList();
    } catch (IOException
        | ParserConfigurationException
        | SAXException
        | XPathExpressionException e) {
      throw new AssertionError(pom + " cannot be read", e);
    }
  }
}

package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Node;
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
  void testKitIsBuiltOnTheOldestJUnitAndRunsOnTheNewest() {
    assertThat(property("persistence-test-kit/pom.xml", "junit.version")).startsWith("5.12.");
    assertThat(property("pom.xml", "junit.version")).startsWith("6.");
  }

  private static String property(String pom, String name) {
    try {
      Document document =
          DocumentBuilderFactory.newInstance()
              .newDocumentBuilder()
              .parse(Path.of("..").resolve(pom).toFile());
      NodeList children = document.getDocumentElement().getChildNodes();
      for (int i = 0; i < children.getLength(); i++) {
        Node properties = children.item(i);
        if (properties.getNodeName().equals("properties")) {
          NodeList entries = properties.getChildNodes();
          for (int j = 0; j < entries.getLength(); j++) {
            if (entries.item(j).getNodeName().equals(name)) {
              return entries.item(j).getTextContent();
            }
          }
        }
      }
      throw new AssertionError(pom + " has no property " + name);
    } catch (IOException | ParserConfigurationException | SAXException e) {
      throw new AssertionError(pom + " cannot be read", e);
    }
  }
}

package dev.gatehouse.tunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.testkit.Packets;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpPacket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class P2pControlTest {
    private static final String RESOURCE = "8f1d3c0e-5a53-4c63-9d57-0c3b7a3f2b11";

    @Test
    void domainStatusIsTheSpecifiedPacket() {
        byte[] bytes = encode(new P2pEvent.DomainStatus(RESOURCE, "wiki.corp.example", true));

        assertThat(bytes)
                .isEqualTo(
                        HexFormat.of()
                                .parseHex(
                                        "60000000006aff00000000000000000000000000000000000000000000"
                                                + "000000000000000000000001000000000000007b22726573"
                                                + "6f75726365223a2238663164336330652d356135332d3463"
                                                + "36332d396435372d306333623761336632623131222c2264"
                                                + "6f6d61696e223a2277696b692e636f72702e6578616d706c"
                                                + "65222c22737461747573223a22416374697665227d"));
        assertThat(decode(bytes))
                .isEqualTo(new P2pEvent.DomainStatus(RESOURCE, "wiki.corp.example", true));
    }

    @Test
    void goodbyeIsAlwaysTheSame48Bytes() {
        byte[] bytes = encode(new P2pEvent.Goodbye());

        assertThat(HexFormat.of().formatHex(bytes))
                .isEqualTo("600000000008ff00" + "00".repeat(32) + "0200000000000000");
        assertThat(decode(bytes)).isEqualTo(new P2pEvent.Goodbye());
    }

    @Test
    void assignedIpsSurviveTheWire() {
        var event =
                new P2pEvent.AssignedIps(
                        RESOURCE,
                        "Wiki.corp.example.",
                        List.of(
                                IpAddress.parse("100.96.0.1"),
                                IpAddress.parse("fd00:2021:1111:8000::1")));

        assertThat(decode(encode(event))).isEqualTo(event);
    }

    @Test
    void fieldsComeInAnyOrderWithStrangersAmongThem() {
        var event =
                decode(
                        raw(
                                0,
                                """
                                {"proxy_ips":["0:0::1"],"x":{"y":[1]},"domain":"a.b",
                                 "resource":"{8F1D3C0E5A534C639D570C3B7A3F2B11}"}
                                """));

        assertThat(event)
                .isEqualTo(
                        new P2pEvent.AssignedIps(RESOURCE, "a.b", List.of(IpAddress.parse("::1"))));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "null",
                "{\"resource\":\"x\",\"domain\":\"a\",\"proxy_ips\":[]}",
                "{\"resource\":\"" + RESOURCE + "\",\"proxy_ips\":[]}",
                "{\"resource\":\"" + RESOURCE + "\",\"domain\":\"a\"}",
                "{\"resource\":\"" + RESOURCE + "\",\"domain\":1,\"proxy_ips\":[]}",
                "{\"resource\":\"" + RESOURCE + "\",\"domain\":\"a\",\"proxy_ips\":[\"a.b\"]}",
                "{\"resource\":\"" + RESOURCE + "\",\"domain\":\"a\",\"proxy_ips\":[7]}",
                "{\"resource\":\"" + RESOURCE + "\",\"domain\":\"\\u0001\",\"proxy_ips\":[]}",
                "{\"resource\":\"" + RESOURCE + "\",\"domain\":\"a\",\"proxy_ips\":[]} x"
            })
    void malformedJsonIsAValueNotAnException(String json) {
        assertThat(decode(raw(0, json))).isEqualTo(new P2pEvent.Malformed(0));
    }

    @Test
    void unknownStatusCountsAsInactive() {
        String json = "{\"resource\":\"%s\",\"domain\":\"a\",\"status\":\"active\"}";

        assertThat(decode(raw(1, json.formatted(RESOURCE))))
                .isEqualTo(new P2pEvent.DomainStatus(RESOURCE, "a", false));
    }

    @Test
    void unknownEventsAreNamed() {
        assertThat(decode(raw(200, "anything"))).isEqualTo(new P2pEvent.Unknown(200));
    }

    @Test
    void onlyTheExactHeaderIsAControlPacket() {
        byte[] bytes = encode(new P2pEvent.Goodbye());
        byte[] otherHopLimit = bytes.clone();
        otherHopLimit[7] = 64;
        byte[] otherSource = bytes.clone();
        otherSource[23] = 1;
        byte[] otherDestination = bytes.clone();
        otherDestination[24] = 1;
        byte[] tooShort = Arrays.copyOf(bytes, 47);
        tooShort[5] = 7;

        assertThat(P2pControl.isControl(Packets.view(otherHopLimit))).isTrue();
        assertThat(P2pControl.isControl(Packets.view(otherSource))).isFalse();
        assertThat(P2pControl.isControl(Packets.view(otherDestination))).isFalse();
        assertThat(P2pControl.isControl(Packets.view(tooShort))).isFalse();
    }

    @Test
    void whatDoesNotFitIsRefused() {
        var event = new P2pEvent.DomainStatus(RESOURCE, "a".repeat(1300), true);

        assertThatThrownBy(() -> encode(event)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void randomPayloadsNeverThrow() {
        var random = new SplittableRandom(9);
        byte[] good =
                encode(
                        new P2pEvent.AssignedIps(
                                RESOURCE, "a.b", List.of(IpAddress.parse("100.96.0.1"))));
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = good.clone();
            for (int j = 0; j < 3; j++) {
                int at = 48 + random.nextInt(bytes.length - 48);
                bytes[at] = (byte) random.nextInt();
            }
            bytes[40] = (byte) random.nextInt(3);
            assertThat(decode(bytes)).isNotNull();
        }
    }

    @Test
    void rangesAgreeWithTheirNetworks() {
        var random = new SplittableRandom(2);
        for (int i = 0; i < 10_000; i++) {
            var near = random.nextBoolean() ? TunnelRanges.DNS_V4 : TunnelRanges.TUNNEL_V4;
            int bits = near.address().asInt() ^ random.nextInt() >>> random.nextInt(8, 31);
            var v4 = IpAddress.v4(bits);
            var v6 =
                    IpAddress.v6(
                            TunnelRanges.DNS_V6.address().high() ^ (random.nextInt(3) << 15),
                            random.nextLong() >>> random.nextInt(64));
            for (var address : List.of(v4, v6)) {
                assertThat(TunnelRanges.isTunnel(address))
                        .isEqualTo(
                                TunnelRanges.TUNNEL_V4.contains(address)
                                        || TunnelRanges.TUNNEL_V6.contains(address));
                assertThat(TunnelRanges.isDns(address))
                        .isEqualTo(
                                TunnelRanges.DNS_V4.contains(address)
                                        || TunnelRanges.DNS_V6.contains(address));
            }
        }
    }

    private static byte[] encode(P2pEvent event) {
        var out = ByteBuffer.allocate(IpPacket.LENGTH_MAX + 3);
        int length = P2pControl.encode(event, out, 3);
        return Arrays.copyOfRange(out.array(), 3, 3 + length);
    }

    private static P2pEvent decode(byte[] bytes) {
        var packet = Packets.view(bytes);
        assertThat(P2pControl.isControl(packet)).isTrue();
        return P2pControl.decode(packet);
    }

    private static byte[] raw(int type, String json) {
        byte[] text = json.getBytes(StandardCharsets.UTF_8);
        var payload = ByteBuffer.allocate(8 + text.length).put((byte) type).put(8, text);
        return Packets.ip(
                IpAddress.ANY_V6, IpAddress.ANY_V6, P2pControl.NEXT_HEADER, payload.array());
    }
}

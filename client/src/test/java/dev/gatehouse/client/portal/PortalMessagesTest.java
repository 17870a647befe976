package dev.gatehouse.client.portal;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.gatehouse.channel.frame.Json;
import dev.gatehouse.channel.message.PortalToClient;
import dev.gatehouse.client.loop.LoopCommand;
import dev.gatehouse.client.state.grant.Resource;
import org.junit.jupiter.api.Test;

class PortalMessagesTest {
    private static LoopCommand translate(String event, String payload) {
        try {
            var json = Json.MAPPER.readTree(payload.replace('\'', '"'));
            var message = PortalToClient.decode(event, json);
            return PortalMessages.translate(message)
                    .orElseThrow(() -> new AssertionError(message.toString()));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    @Test
    void initSkipsWhatItDoesNotKnowAndMergesRelays() {
        var init =
                (LoopCommand.Init)
                        translate(
                                "init",
                                """
                                {'interface':{'ipv4':'100.80.1.2','ipv6':'fd00:2021:1111::2:9',
                                'upstream_do53':[{'ip':'9.9.9.9'}]},
                                'resources':[
                                {'type':'dns','id':'0d9a7c1e-3b52-4c86-a1f0-7e4b2d6c8f01',
                                 'name':'Wiki','address':'*.corp.test','gateway_groups':
                                 [{'id':'c7d2e9f4-1a6b-4d38-8e5c-9b0a1f2e3d44','name':'HQ'}]},
                                {'type':'teapot','id':'x'}],
                                'relays':[
                                {'type':'turn','id':'1d9a7c1e-3b52-4c86-a1f0-7e4b2d6c8f01',
                                 'addr':'192.0.2.3:3478','username':'u','password':'p',
                                 'expires_at':1},
                                {'type':'turn','id':'1d9a7c1e-3b52-4c86-a1f0-7e4b2d6c8f01',
                                 'addr':'[2001:db8::3]:3478','username':'u','password':'p',
                                 'expires_at':1}]}
                                """);

        assertThat(init.resources()).singleElement().isInstanceOf(Resource.Dns.class);
        assertThat(init.relays()).singleElement();
        assertThat(init.relays().getFirst().addresses()).hasSize(2);
        assertThat(init.tunnel().upstreamDns()).hasSize(1);
    }

    @Test
    void aDeletedResourceIsABareString() {
        assertThat(translate("resource_deleted", "'0d9a7c1e-3b52-4c86-a1f0-7e4b2d6c8f01'"))
                .isEqualTo(new LoopCommand.ResourceDeleted("0d9a7c1e-3b52-4c86-a1f0-7e4b2d6c8f01"));
    }
}

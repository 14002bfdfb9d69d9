package web

import (
	"context"
	"testing"

	"google.golang.org/grpc"
	tracktrovev1 "tracktrove.dev/gateway/gen/tracktrove/v1"
)

func TestACallThatMovesTheClockLastsUntilItIsDone(t *testing.T) {
	for method, bounded := range map[string]bool{
		tracktrovev1.SandboxService_AdvanceClock_FullMethodName:        false,
		tracktrovev1.SettlementService_RunSettlement_FullMethodName:    false,
		tracktrovev1.SimulationService_GetSimulation_FullMethodName:    false,
		tracktrovev1.SandboxService_GetSandbox_FullMethodName:          true,
		tracktrovev1.SettlementService_ListPayouts_FullMethodName:      true,
		tracktrovev1.SimulationService_CancelSimulation_FullMethodName: true,
	} {
		invoke := func(ctx context.Context, _ string, _, _ any, _ *grpc.ClientConn, _ ...grpc.CallOption) error {
			if _, has := ctx.Deadline(); has != bounded {
				t.Errorf("%s has a deadline: %v", method, has)
			}
			return nil
		}
		if err := withDeadline(context.Background(), method, nil, nil, nil, invoke); err != nil {
			t.Error(err)
		}
	}
}
